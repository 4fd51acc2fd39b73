import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from '../accounting/account.js';
import { verdict } from '../accounting/verdict.js';
import { Workforce } from '../processes/workforce.js';
import type { Server } from '../servers/server.js';
import type { Fault, Scene } from './fault.js';
import { between, randomFrom } from './random.js';
import { Trial } from './trial.js';

export interface Round {
  readonly seed: number;
  /** How long it took, in ms. */
  readonly ms: number;
  /** How many times the fault is proven to have happened. */
  readonly happened: number;
  readonly account: Account;
  /** What went wrong, in sentences; none in a good round. */
  readonly wrong: readonly string[];
}

/** Has processes work while one fault strikes again and again for `ms`, and adds up. */
export async function runRound(
  fault: Fault<Server>,
  { seed, ms }: { seed: number; ms: number },
): Promise<Round> {
  const startedAt = performance.now();
  await using trial = await Trial.on(await fault.server());
  const workforce = new Workforce(trial, fault.load ?? {});
  const scene = { trial, workforce, random: randomFrom(seed), ms };
  const wrong: string[] = [];
  let happened = 0;
  try {
    await workforce.isWorking(trial);
    happened = await strikeOn(fault, scene);
    await trial.progress(20);
    await workforce.finish(trial);
  } catch (error) {
    wrong.push(`it did not come to its end: ${error instanceof Error ? error.message : error}`);
  }
  const account = await trial.account({ ordered: (key) => workforce.isOrdered(key) });
  if (happened === 0) wrong.push('it never happened');
  if (wrong.length === 0) wrong.push(...(await verdict(fault, scene, account)));
  return { seed, ms: performance.now() - startedAt, happened, account, wrong };
}

/** Returns how many times it happened. */
async function strikeOn(fault: Fault<Server>, scene: Scene<Server>): Promise<number> {
  const until = performance.now() + scene.ms;
  let happened = 0;
  do {
    happened += await fault.strike(scene);
    await pause(between(scene.random, fault.everyMs));
  } while (performance.now() < until);
  return happened;
}
