import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

const count = 500;

/** So many queues, each with a worker of its own. They share a connection, as far as workers can: each also opens one to wait. */
export const bullmq500Queues: QueueSubject = {
  kind: 'queue',
  name: 'bullmq-500-queues',
  title: 'BullMQ',
  variant: `${count} queues`,
  package: 'bullmq',
  server: 'redis',

  async open(url) {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    const queues = Array.from({ length: count }, (_, n) => {
      const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
      const streams = { events: { maxLen: 100 } };
      return new Queue<Body>(`bench-${n}`, { connection, defaultJobOptions, streams });
    });
    for (const queue of queues) queue.on('error', crash);
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));

    return {
      send: (body) => (queues[body.n % count] as Queue<Body>).add('body', body),

      async consume(handler, concurrency) {
        const workers = queues.map(({ name }) => {
          const process = ({ data }: { data: Body }) => handler(data);
          const worker = new Worker<Body>(name, process, { connection, concurrency });
          worker.on('error', crash);
          worker.on('failed', (_job, error) => crash(error));
          return worker;
        });
        await Promise.all(workers.map((worker) => worker.waitUntilReady()));
        return {
          async stop() {
            await Promise.all(workers.map((worker) => worker.close()));
          },
        };
      },

      async close() {
        await Promise.all(queues.map((queue) => queue.close()));
        connection.disconnect();
      },
    };
  },
};
