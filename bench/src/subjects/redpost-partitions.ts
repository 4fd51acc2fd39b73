import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { Body, QueueSubject } from '../subject.js';
import { strict } from './strict.js';

/** A queue of redpost in a Cluster. @param isDivided into as many partitions as there are masters, or not at all. */
function subjectOf(name: string, variant: string, isDivided: boolean): QueueSubject {
  return {
    kind: 'queue',
    name,
    title: 'redpost',
    variant,
    server: 'redis',

    async open(url) {
      const masters = url.split(',');
      const connection = connect(masters.length > 1 ? masters : url);
      await connection.ping();
      const partitions = isDivided && masters.length > 1 ? masters.length : undefined;
      const queue = new Queue<Body>('bench', { connection, partitions });

      return {
        send: (body) => queue.send(body),

        async sendBatch(bodies) {
          for (const result of await queue.sendBatch(bodies.map((body) => ({ body })))) {
            if (result.status === 'failed') throw result.error;
          }
        },

        consume: async (handler, concurrency) =>
          strict(queue.consume(({ body }) => handler(body), { concurrency })),

        async close() {
          await queue.close();
          await connection.close();
        },
      };
    },
  };
}

export const redpostPartitions = subjectOf('redpost-partitions', 'a partition per master', true);
export const redpostInCluster = subjectOf('redpost-in-cluster', 'one list in a Cluster', false);
