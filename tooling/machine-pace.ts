import { availableParallelism, loadavg } from 'node:os';

/** How much work tells how fast the machine is, in ms of a processor's time. */
const sampleMs = 30;

/**
 * How many times longer than on an idle machine a program takes just now; at least 1. This is what time
 * limits of tests are multiplied by, so that they say something about the code and not about what else
 * the machine has to do.
 */
export function slowness(): number {
  // Short work may get a processor at once, while a server that has much to do waits its turn.
  const queued = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.max(1, queued, timePerProcessorTime());
}

/**
 * What these ms of an idle machine take just now, in whole ms: for what must not run out while a test
 * goes on, e.g. a lease.
 */
export function busyMs(idleMs: number): number {
  return Math.ceil(idleMs * slowness());
}

/** How long ago this was (by `performance.now()`), in ms of a machine that had nothing else to do. */
export function idleMsSince(startedAt: number): number {
  return (performance.now() - startedAt) / slowness();
}

/** Returns a function that tells whether so many ms of an idle machine are over. */
export function timeLimit(idleMs: number): () => boolean {
  const startedAt = performance.now();
  let endsAt = startedAt + idleMs;
  return () => {
    if (performance.now() <= endsAt) return false;
    endsAt = Math.max(endsAt, startedAt + idleMs * slowness());
    return performance.now() > endsAt;
  };
}

function timePerProcessorTime(): number {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    const usedMs = (user + system) / 1000;
    if (usedMs >= sampleMs) return (performance.now() - startedAt) / usedMs;
  }
}
