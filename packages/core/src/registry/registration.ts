import { hostname } from 'node:os';

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

/** Reads the reply of a script that tells of consumers: of each its name, when its lease ends, its registration, and how many it holds. */
export function readConsumers(reply: unknown): ConsumerInfo[] {
  return (reply as [Buffer, Buffer, Buffer, number][]).map(([name, endsAt, about, held]) => ({
    ...readRegistration(about),
    consumer: String(name),
    leaseEndsAt: new Date(Number(endsAt)),
    held,
  }));
}

/** Reads what `describeConsumer` has written. What is not there, or is not JSON, tells nothing. */
function readRegistration(stored: unknown): Partial<Registration> {
  if (!stored) return {};
  try {
    const { startedAt, ...rest } = JSON.parse(String(stored));
    return { ...rest, startedAt: new Date(Number(startedAt)) };
  } catch {
    return {};
  }
}
