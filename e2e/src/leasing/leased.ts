import type { Connection } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** What a handler gets, of a queue and of a group alike. */
export interface Leased {
  readonly body: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  ack(): Promise<void>;
  retry(options?: { delayMs?: number }): Promise<void>;
  deadLetter(reason?: string): Promise<void>;
  extend(): Promise<void>;
}

/** What both kinds of consumers are told to do. */
interface LeasedOptions {
  concurrency?: number;
  leaseMs?: number;
  maxAttempts?: number;
  backoff?: () => number;
}

/** What both kinds of consumers tell. */
interface LeasedConsumer {
  on(event: 'lost' | 'returned', listener: (told: { deliveries: readonly Leased[] }) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'stopped', listener: () => void): void;
  stop(options?: { timeoutMs?: number }): Promise<void>;
}

/** A queue, or a group of a topic: what they have in common. */
interface LeasedFrom {
  /** The key of the leases of its consumers. */
  readonly leases: string;
  /** The scripts that get messages, and those that tell what is held when an answer was lost. */
  readonly scripts: { get: string };
  send(...bodies: string[]): Promise<void>;
  consume(handler: (leased: Leased) => unknown, options?: LeasedOptions): LeasedConsumer;
  dead(): Promise<{ body: string | undefined; reason: string }[]>;
  redrive(): Promise<number>;
}

/** Opens one under this name; what is sent before consumers come is there for them. */
export type OpenLeased = (name: string, connection: Connection) => LeasedFrom;

const queue: OpenLeased = (name, connection) => {
  const open = new Queue<string>(name, { connection });
  return {
    leases: `{${name}}:consumers`,
    scripts: { get: 'lease' },
    send: async (...bodies) => void (await open.sendBatch(bodies.map((body) => ({ body })))),
    consume: (handler, options) => open.consume(handler, options),
    dead: () => open.deadLetters.list(),
    redrive: () => open.deadLetters.redrive(),
  };
};

const group: OpenLeased = (name, connection) => {
  const open = new Topic<string>(name, { connection });
  const readers = open.group('g', { from: 'beginning' });
  return {
    leases: `{${name}}:consumers:g`,
    scripts: { get: 'take' },
    send: async (...bodies) => void (await open.publishBatch(bodies.map((body) => ({ body })))),
    consume: (handler, options) => readers.consume(handler, options),
    dead: () => readers.deadLetters.list(),
    redrive: () => readers.deadLetters.redrive(),
  };
};

/** By what they are called. */
export const leasedFrom: readonly [title: string, open: OpenLeased][] = [
  ['a queue', queue],
  ['a group of a topic', group],
];
