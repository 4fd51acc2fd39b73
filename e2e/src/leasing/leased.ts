import type { Connection } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** A delivery of a queue or of a group. */
export interface Leased {
  readonly body: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  ack(): Promise<void>;
  retry(options?: { delayMs?: number }): Promise<void>;
  deadLetter(reason?: string): Promise<void>;
  extend(): Promise<void>;
}

/** The options that both kinds of consumers have. */
interface LeasedOptions {
  concurrency?: number;
  leaseMs?: number;
  maxAttempts?: number;
  backoff?: () => number;
  heartbeat?: 'loop' | 'thread';
  maxBlockedMs?: number;
}

/** The events that both kinds of consumers have. */
interface LeasedConsumer {
  on(event: 'lost' | 'returned', listener: (told: { deliveries: readonly Leased[] }) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'stopped', listener: () => void): void;
  stop(options?: { timeoutMs?: number }): Promise<void>;
}

/** The common interface of a queue and of a group of a topic. */
interface LeasedFrom {
  /** Which of the two it is, for a process that opens it too; with the number of partitions, if it has them. */
  readonly place: { kind: 'queue' | 'topic'; partitions?: number };
  /** The key of the leases of its consumers. */
  readonly leases: string;
  /** The scripts that get messages, and those that return the held messages when an answer was lost. */
  readonly scripts: { get: string };
  send(...bodies: string[]): Promise<void>;
  consume(handler: (leased: Leased) => unknown, options?: LeasedOptions): LeasedConsumer;
  dead(): Promise<{ body: string | undefined; reason: string }[]>;
  redrive(): Promise<number>;
  stats(): Promise<{ consumers: number; total: { acked: number; recovered: number } }>;
}

/** Opens one under this name. Messages that are sent before the first consumer starts are kept for it. */
export type OpenLeased = (name: string, connection: Connection) => LeasedFrom;

const queue: OpenLeased = (name, connection) => {
  const open = new Queue<string>(name, { connection });
  return {
    place: { kind: 'queue' },
    leases: `{${name}}:consumers`,
    scripts: { get: 'lease' },
    send: async (...bodies) => void (await open.sendBatch(bodies.map((body) => ({ body })))),
    consume: (handler, options) => open.consume(handler, options),
    dead: () => open.deadLetters.list(),
    redrive: async () => (await open.deadLetters.redrive()).redriven,
    stats: () => open.stats(),
  };
};

const groupOf = (name: string, connection: Connection, partitions?: number): LeasedFrom => {
  const open = new Topic<string>(name, { connection, ...(partitions && { partitions }) });
  const readers = open.group('g', { from: 'beginning' });
  // With partitions, all records have one key, and so one partition.
  const key = partitions && { key: 'k' };
  return {
    place: { kind: 'topic', ...(partitions && { partitions }) },
    leases: partitions ? `{${name}}:members:g` : `{${name}}:consumers:g`,
    scripts: { get: 'take' },
    send: async (...bodies) =>
      void (await open.publishBatch(bodies.map((body) => ({ body, ...key })))),
    consume: (handler, options) => readers.consume(handler, options),
    dead: () => readers.deadLetters.list(),
    redrive: () => readers.deadLetters.redrive(),
    stats: () => readers.stats(),
  };
};

/** The two kinds by their names. */
export const leasedFrom: readonly [title: string, open: OpenLeased][] = [
  ['a queue', queue],
  ['a group of a topic', (name, connection) => groupOf(name, connection)],
];

/** A group whose members have leases of the partitions, beside one of their own in the group. */
export const partitioned: (typeof leasedFrom)[number] = [
  'a group of a topic with partitions',
  (name, connection) => groupOf(name, connection, 2),
];
