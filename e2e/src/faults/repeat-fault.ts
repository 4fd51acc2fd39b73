import { createHash } from 'node:crypto';
import type { Counts, FaultResult } from '../reliability.js';
import type { Server } from '../servers/server.js';
import type { Fault } from './fault.js';
import { type FaultRun, runFaultOnce } from './fault-run.js';

/** A longer run finds no more than several short ones, and its log takes more memory. */
const longestRunMs = 20_000;
const shortestRunMs = 2_000;
/** About how long a run takes besides, in ms: servers and processes start, and the work is finished. */
const overheadMs = 4_000;

export interface RepeatFaultOptions {
  seed: number;
  /** About how long to take, in ms: at least one run is run. */
  withinMs: number;
  onRun(run: number): void;
}

/** Runs one fault repeatedly until the time is over, and adds the runs up. */
export async function repeatFault(
  fault: Fault<Server>,
  { seed, withinMs, onRun }: RepeatFaultOptions,
): Promise<FaultResult> {
  const startedAt = performance.now();
  const count = Math.max(1, Math.round(withinMs / (longestRunMs + overheadMs)));
  const ms = Math.max(shortestRunMs, withinMs / count - overheadMs);
  const runs: FaultRun[] = [];
  // A fault that takes longer than planned has fewer runs.
  while (runs.length === 0 || performance.now() - startedAt < withinMs - ms) {
    onRun(runs.length + 1);
    runs.push(await runFaultOnce(fault, { seed: seedOf(seed, fault.name, runs.length), ms }));
  }
  const { name, does, proof, costs } = fault;
  return {
    ...{ name, does, proof, costs },
    runs: runs.length,
    ms: performance.now() - startedAt,
    ...sum(runs.map(counts)),
    wrong: runs.flatMap((run, at) => run.wrong.map((what) => `run ${at + 1}: ${what}`)),
  };
}

/** Each run has a plan of its own, which does not depend on the faults before it. */
function seedOf(seed: number, name: string, run: number): number {
  return createHash('sha1').update(`${seed} ${name} ${run}`).digest().readUInt32BE();
}

function counts({ summary, happened }: FaultRun): Counts {
  const { sends, resolved, absent, unknown, unanswered, handled, duplicates } = summary;
  const { forgottenAgeMs, slowestSendMs } = summary;
  return {
    ...{ happened, sends, resolved, absent, unknown, unanswered, handled, duplicates },
    lost: summary.lost.length,
    forgotten: summary.forgotten.length,
    afterAck: summary.afterAck.length,
    unexplained: summary.unexplained.length,
    outOfOrder: summary.outOfOrder.length,
    unsent: summary.unsent.length,
    wronglyDead: summary.wronglyDead.length,
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
