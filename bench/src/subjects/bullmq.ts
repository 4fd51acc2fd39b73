import { Queue, Worker } from 'bullmq';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

/** Jobs are removed when done, the event stream is kept short, stalled jobs are recovered. */
export const bullmq: QueueSubject = {
  kind: 'queue',
  name: 'bullmq',
  title: 'BullMQ',
  package: 'bullmq',
  server: 'redis',

  async open(url) {
    const queue = new Queue<Body>('bench', {
      connection: { url },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      streams: { events: { maxLen: 100 } },
    });
    queue.on('error', crash);
    await queue.waitUntilReady();

    return {
      send: (body) => queue.add('body', body),

      sendBatch: (bodies) => queue.addBulk(bodies.map((data) => ({ name: 'body', data }))),

      async consume(handler, concurrency) {
        const connection = { url, maxRetriesPerRequest: null };
        const worker = new Worker<Body>('bench', (job) => handler(job.data), {
          connection,
          concurrency,
        });
        worker.on('error', crash);
        worker.on('failed', (_job, error) => crash(error));
        await worker.waitUntilReady();
        return { stop: () => worker.close() };
      },

      close: () => queue.close(),
    };
  },
};
