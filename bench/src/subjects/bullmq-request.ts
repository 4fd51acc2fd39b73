import { Queue, QueueEvents } from 'bullmq';
import type { Body, QueueSubject } from '../subject.js';
import { startWorker } from './bullmq-worker.js';
import { crash } from './crash.js';

/**
 * Each send resolves with what the processor returns. A job that is removed as soon as it is completed may be gone before
 * the wait for it begins, which then fails: so the last ones are kept.
 */
export const bullmqRequest: QueueSubject = {
  kind: 'queue',
  name: 'bullmq-request',
  title: 'BullMQ',
  variant: 'waitUntilFinished',
  package: 'bullmq',
  server: 'redis',

  async open(url) {
    const queue = new Queue<Body>('bench', {
      connection: { url },
      defaultJobOptions: { removeOnComplete: { count: 10_000 }, removeOnFail: true },
    });
    const events = new QueueEvents('bench', { connection: { url } });
    queue.on('error', crash);
    events.on('error', crash);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);

    return {
      async send(body) {
        const job = await queue.add('body', body);
        return job.waitUntilFinished(events, 60_000);
      },

      async consume(handler, concurrency) {
        const process = async ({ data }: { data: Body }) => {
          await handler(data);
          return data;
        };
        return startWorker(url, process, concurrency);
      },

      async close() {
        await events.close();
        await queue.close();
      },
    };
  },
};
