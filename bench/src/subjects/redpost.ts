import { connect } from '@redpost/core';
import {
  type HistoryOptions,
  Queue,
  type QueueLimitChanges,
  type SendOptions,
} from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { strict } from './strict.js';

/** One way to use a queue of redpost. */
interface Way {
  name: string;
  variant?: string;
  /** What a message is sent with. */
  options?: (body: Body) => SendOptions;
  limits?: QueueLimitChanges;
  /** Observes all queues of the process, until the returned function is called. */
  observe?: () => () => Promise<void>;
  history?: HistoryOptions;
}

/** How a queue of redpost is measured that is used in this way. */
export function subjectOf({ name, variant, options, limits, observe, history }: Way): QueueSubject {
  return {
    kind: 'queue',
    name,
    title: 'redpost',
    ...(variant && { variant }),
    server: 'redis',

    async open(url) {
      const connection = connect(url);
      await connection.ping();
      const queue = new Queue<Body>('bench', { connection });
      const stopObserving = observe?.();

      return {
        send: (body) => queue.send(body, options?.(body)),

        async sendBatch(bodies) {
          const items = bodies.map((body) => ({ body, ...options?.(body) }));
          for (const result of await queue.sendBatch(items)) {
            if (result.status === 'failed') throw result.error;
          }
        },

        async consume(handler, concurrency) {
          if (limits) await queue.limits.set(limits);
          if (history) await queue.history.set(history);
          return strict(queue.consume(({ body }) => handler(body), { concurrency }));
        },

        async close() {
          await queue.close();
          await stopObserving?.();
          await connection.close();
        },
      };
    },
  };
}

export const redpost = subjectOf({ name: 'redpost' });

/** Messages of one key are handled one after the other, in their order. */
export const redpostKeys = subjectOf({
  name: 'redpost-keys',
  variant: '10,000 keys',
  options: ({ n }) => ({ key: `customer ${n % 10_000}` }),
});

/** Ten keys below the number 2,000,000, and a key for each message from there on. */
export const redpostManyKeys = subjectOf({
  name: 'redpost-many-keys',
  variant: '10 or 1,000,000 keys',
  options: ({ n }) => ({ key: `customer ${n < 2_000_000 ? 1_000_000 + (n % 10) : n}` }),
});

export const redpostPriorities = subjectOf({
  name: 'redpost-priorities',
  variant: 'priorities 0 to 9',
  options: ({ n }) => ({ priority: n % 10 }),
});

/** Limits that are never reached. */
export const redpostLimits = subjectOf({
  name: 'redpost-limits',
  variant: 'rate and concurrency',
  limits: { rate: { max: 1_000_000, perMs: 1000 }, concurrency: 1_000_000 },
});

/** Due as soon as they are sent, but never in the list. */
export const redpostDelayed = subjectOf({
  name: 'redpost-delayed',
  variant: 'delayed',
  options: () => ({ delayMs: 1 }),
});

/** Each message with a key of its own, so that none is left out. */
export const redpostOnce = subjectOf({
  name: 'redpost-once',
  variant: 'once',
  options: ({ n }) => ({ once: { key: String(n), until: 'done' } }),
});

/** A record of each message that was settled. */
export const redpostHistory = subjectOf({
  name: 'redpost-history',
  variant: 'history',
  history: { maxLength: 100_000 },
});
