import { createHash } from 'node:crypto';
import type { Counts, FaultResult } from '../reliability.js';
import type { Server } from '../servers/server.js';
import type { Fault } from './fault.js';
import { type Round, runRound } from './round.js';

/** A longer round finds no more than several do, and its ledger takes more memory. */
const longestRoundMs = 20_000;
const shortestRoundMs = 2_000;
/** About what a round takes besides: servers and processes start, and the work is finished. */
const overheadMs = 4_000;

export interface RunFaultOptions {
  seed: number;
  /** About how long to take, in ms: at least one round is run. */
  withinMs: number;
  onRound(round: number): void;
}

/** Runs rounds of one fault until the time is up, and adds them up. */
export async function runFault(
  fault: Fault<Server>,
  { seed, withinMs, onRound }: RunFaultOptions,
): Promise<FaultResult> {
  const startedAt = performance.now();
  const count = Math.max(1, Math.round(withinMs / (longestRoundMs + overheadMs)));
  const ms = Math.max(shortestRoundMs, withinMs / count - overheadMs);
  const rounds: Round[] = [];
  // One that takes longer than planned has fewer rounds.
  while (rounds.length === 0 || performance.now() - startedAt < withinMs - ms) {
    onRound(rounds.length + 1);
    rounds.push(await runRound(fault, { seed: seedOf(seed, fault.name, rounds.length), ms }));
  }
  const { name, does, proof, costs } = fault;
  return {
    ...{ name, does, proof, costs },
    rounds: rounds.length,
    ms: performance.now() - startedAt,
    ...sum(rounds.map(counts)),
    wrong: rounds.flatMap((round, at) => round.wrong.map((what) => `round ${at + 1}: ${what}`)),
  };
}

/** Each round has a plan of its own, which does not depend on the faults before it. */
function seedOf(seed: number, name: string, round: number): number {
  return createHash('sha1').update(`${seed} ${name} ${round}`).digest().readUInt32BE();
}

function counts({ account, happened }: Round): Counts {
  const { sends, resolved, absent, unknown, unanswered, handled, duplicates } = account;
  const { forgottenAgeMs, slowestSendMs } = account;
  return {
    ...{ happened, sends, resolved, absent, unknown, unanswered, handled, duplicates },
    lost: account.lost.length,
    forgotten: account.forgotten.length,
    afterAck: account.afterAck.length,
    unexcused: account.unexcused.length,
    outOfOrder: account.outOfOrder.length,
    unsent: account.unsent.length,
    wronglyDead: account.wronglyDead.length,
    ...{ forgottenAgeMs, slowestSendMs },
  };
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce((total, each) => {
    const added = Object.entries(each).map(([name, value]) => {
      const before = total[name as keyof Counts];
      return [name, name.endsWith('Ms') ? Math.max(before, value) : before + value];
    });
    return Object.fromEntries(added) as Counts;
  });
}
