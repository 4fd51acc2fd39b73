import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { strict } from './strict.js';

/** So many queues, each with a consumer of its own, on one connection. */
const manyQueues = (count: number): QueueSubject => ({
  kind: 'queue',
  name: `redpost-${count}-queues`,
  title: 'redpost',
  variant: `${count} queues`,
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const queues = Array.from(
      { length: count },
      (_, n) => new Queue<Body>(`bench-${n}`, { connection }),
    );

    return {
      send: (body) => (queues[body.n % count] as Queue<Body>).send(body),

      async consume(handler, concurrency) {
        const consumers = queues.map((queue) =>
          strict(queue.consume(({ body }) => handler(body), { concurrency })),
        );
        return {
          async stop() {
            await Promise.all(consumers.map((consumer) => consumer.stop()));
          },
        };
      },

      async close() {
        await Promise.all(queues.map((queue) => queue.close()));
        await connection.close();
      },
    };
  },
});

export const redpost500Queues = manyQueues(500);
export const redpost5000Queues = manyQueues(5000);
