import { connect } from '@redpost/core';
import { Flow, Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { strict } from './strict.js';

/** Each batch is a flow: the last body is that of the continuation, the others are those of the members. */
export const redpostFlows: QueueSubject = {
  kind: 'queue',
  name: 'redpost-flows',
  title: 'redpost',
  variant: 'flows',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const queue = new Queue<Body>('bench', { connection });

    return {
      send: (body) => queue.send(body),

      async sendBatch(bodies) {
        const flow = await Flow.open({ connection, then: { queue, body: bodies.at(-1) } });
        const members = bodies.slice(0, -1).map((body) => ({ queue, body }));
        for (const result of await flow.sendBatch(members)) {
          if (result.status === 'failed') throw result.error;
        }
        await flow.close();
      },

      async consume(handler, concurrency) {
        return strict(queue.consume(({ body }) => handler(body), { concurrency }));
      },

      async close() {
        await queue.close();
        await connection.close();
      },
    };
  },
};
