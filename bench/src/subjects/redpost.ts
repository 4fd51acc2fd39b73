import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

export const redpost: QueueSubject = {
  kind: 'queue',
  name: 'redpost',
  title: 'redpost',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const queue = new Queue<Body>('bench', { connection });

    return {
      send: (body) => queue.send(body),

      async sendBatch(bodies) {
        for (const result of await queue.sendBatch(bodies.map((body) => ({ body })))) {
          if (result.status === 'failed') throw result.error;
        }
      },

      async consume(handler, concurrency) {
        const consumer = queue.consume(({ body }) => handler(body), { concurrency });
        consumer.on('error', crash);
        consumer.on('failed', ({ error }) => crash(error));
        consumer.on('lost', () => crash(new Error('The lease was lost')));
        return consumer;
      },

      async close() {
        await queue.close();
        await connection.close();
      },
    };
  },
};
