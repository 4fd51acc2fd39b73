import { setTimeout as pause } from 'node:timers/promises';
import type { Summary } from '../accounting/summary.js';
import { violations } from '../accounting/violations.js';
import { SystemUnderTest } from '../processes/system-under-test.js';
import { Workload } from '../processes/workload.js';
import type { Server } from '../servers/server.js';
import type { Fault, FaultContext } from './fault.js';
import { between, randomFrom } from './random.js';

export interface FaultRun {
  readonly seed: number;
  /** How long it took, in ms. */
  readonly ms: number;
  /** How many times the fault is proven to have happened. */
  readonly happened: number;
  readonly summary: Summary;
  /** The violations, in sentences; none in a good run. */
  readonly wrong: readonly string[];
}

/** The limit of the shared queue, where it has one: fewer than its consumers would handle. */
const fewAtATime = 12;

/** Runs processes while one fault is injected repeatedly for `ms`, and summarizes the outcome. */
export async function runFaultOnce(
  fault: Fault<Server>,
  { seed, ms }: { seed: number; ms: number },
): Promise<FaultRun> {
  const startedAt = performance.now();
  await using system = await SystemUnderTest.on(await fault.server());
  const shared = fault.workload?.producer?.topic ? system.topic : system.queue;
  if (fault.partitions) await shared.partitions.set(fault.partitions);
  // Consumers of a limited queue take and wait in another way: every other run has such a one.
  const limit = seed % 2 === 0 ? fewAtATime : undefined;
  if (limit) await system.queue.limits.set({ concurrency: limit });
  const workload = new Workload(system, fault.workload ?? {});
  const context = { system, workload, random: randomFrom(seed), ms, limit };
  const wrong: string[] = [];
  let happened = 0;
  try {
    await workload.isWorking(system);
    happened = await injectRepeatedly(fault, context);
    await system.progress(20);
    await workload.finish(system);
  } catch (error) {
    wrong.push(`it did not come to its end: ${error instanceof Error ? error.message : error}`);
  }
  const summary = await system.summary({ ordered: (key) => workload.isOrdered(key) });
  if (happened === 0) wrong.push('it never happened');
  if (wrong.length === 0) wrong.push(...(await violations(fault, context, summary)));
  return { seed, ms: performance.now() - startedAt, happened, summary, wrong };
}

/** Returns how many times it happened. */
async function injectRepeatedly(
  fault: Fault<Server>,
  context: FaultContext<Server>,
): Promise<number> {
  const until = performance.now() + context.ms;
  let happened = 0;
  do {
    happened += await fault.inject(context);
    await pause(between(context.random, fault.everyMs));
  } while (performance.now() < until);
  return happened;
}
