import { hostname } from 'node:os';
import { performance } from '../runtime/timers.js';

/** What a consumer tells of itself. */
export interface Registration {
  /** The name of its host. */
  host: string;
  /** The number of its process there. */
  pid: number;
  /** The version of the package that it is of. */
  version: string;
  /** The version of Node. */
  node: string;
  /** The method that has started it, e.g. `consume` or `consumeBatch`. */
  runs: string;
  /** The name of its handler, if this is a function with a name. */
  handler: string | undefined;
  /** How many handlers it runs at a time. */
  concurrency: number;
  /** When it was started, by the clock of its host. */
  startedAt: Date;
}

/**
 * A consumer that holds a lease. What it tells of itself is missing for one that was made by an older version, and for
 * one whose lease has run out and that nobody has recovered yet.
 */
export interface ConsumerInfo extends Partial<Registration> {
  /** The name under which it holds its lease. It gets another one when it continues after a lost lease. */
  consumer: string;
  /** When its lease ends unless it is renewed, by the server's clock. */
  leaseEndsAt: Date;
  /** How many messages it holds. */
  held: number;
  /**
   * Since when it has had the message that it has had for longest, by the clock of its host, as of its last heartbeat: undefined
   * when it holds none, and before the first heartbeat. With `heartbeat: 'thread'` it may be missing.
   */
  runningSince?: Date | undefined;
}

/** The registration of a consumer of this process, as it is stored. */
export function describeConsumer(
  consumer: Pick<Registration, 'version' | 'runs' | 'concurrency'> & { handler?: unknown },
): string {
  const { version, runs, handler, concurrency } = consumer;
  const name = typeof handler === 'function' && handler.name !== '' ? handler.name : undefined;
  return JSON.stringify({
    host: hostname(),
    pid: process.pid,
    version,
    node: process.versions.node,
    runs,
    handler: name,
    concurrency,
    startedAt: Date.now(),
  });
}

/** The same with since when it has had what it has had for longest. @param held what it holds, started by `performance.now()`. */
export function withRunning(about: string, held: Iterable<{ startedAt: number }>): string {
  const started = Array.from(held, ({ startedAt }) => startedAt || Number.POSITIVE_INFINITY);
  const oldest = started.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (!Number.isFinite(oldest)) return about;
  const runningSince = Math.round(Date.now() - performance.now() + oldest);
  return JSON.stringify({ ...JSON.parse(about), runningSince });
}

/** Reads the reply of a script that tells of consumers: of each its name, when its lease ends, its registration, and how many it holds. */
export function readConsumers(reply: unknown): ConsumerInfo[] {
  return (reply as [Buffer, Buffer, Buffer, number][]).map(([name, endsAt, about, held]) => ({
    ...readRegistration(about, held),
    consumer: String(name),
    leaseEndsAt: new Date(Number(endsAt)),
    held,
  }));
}

/** Reads what `describeConsumer` has written. What is not there, or is not JSON, tells nothing. */
function readRegistration(stored: unknown, held: number): Partial<ConsumerInfo> {
  if (!stored) return {};
  try {
    const { startedAt, runningSince, ...rest } = JSON.parse(String(stored));
    const isRunning = held > 0 && runningSince !== undefined;
    return {
      ...rest,
      startedAt: new Date(Number(startedAt)),
      ...(isRunning && { runningSince: new Date(Number(runningSince)) }),
    };
  } catch {
    return {};
  }
}
