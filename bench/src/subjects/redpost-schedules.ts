import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

const yearMs = 365 * 86_400_000;

/** A schedule for each body: below the number 2,000,000 with a tick each 20 ms, from there on with none for a year. */
export const redpostSchedules: QueueSubject = {
  kind: 'queue',
  name: 'redpost-schedules',
  title: 'redpost',
  variant: '10 or 100,000 schedules',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const queue = new Queue<Body>('bench', { connection });

    return {
      send: (body) => {
        const everyMs = body.n < 2_000_000 ? 20 : yearMs;
        return queue.schedules.set(`schedule ${body.n}`, { everyMs, body });
      },

      async consume(handler, concurrency) {
        const consumer = queue.consume(({ body }) => handler(body), { concurrency });
        consumer.on('error', crash);
        consumer.on('failed', ({ error }) => crash(error));
        return consumer;
      },

      async close() {
        await queue.close();
        await connection.close();
      },
    };
  },
};
