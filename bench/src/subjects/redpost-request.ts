import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { strict } from './strict.js';

/** Each send is a request: it resolves with what the handler returns. */
export const redpostRequest: QueueSubject = {
  kind: 'queue',
  name: 'redpost-request',
  title: 'redpost',
  variant: 'request',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const queue = new Queue<Body>('bench', { connection });
    return {
      send: (body) => queue.request(body, { timeoutMs: 60_000 }),

      async consume(handler, concurrency) {
        const consumer = queue.consume(
          async ({ body }) => {
            await handler(body);
            return body;
          },
          { concurrency },
        );
        return strict(consumer);
      },

      async close() {
        await queue.close();
        await connection.close();
      },
    };
  },
};
