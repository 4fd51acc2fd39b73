import BeeQueue from 'bee-queue';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

/** As often as the README advises: what a crashed worker held comes back after twice as long. */
const stallInterval = 5000;

/** Without events and without job objects kept in memory, as its README advises. */
export const beeQueue: QueueSubject = {
  kind: 'queue',
  name: 'bee-queue',
  title: 'bee-queue',
  package: 'bee-queue',
  server: 'redis',

  async open(url) {
    const producer = await openQueue(url, { isWorker: false });

    return {
      send: (body) => producer.createJob(body).save(),

      async sendBatch(bodies) {
        const errors = await producer.saveAll(bodies.map((body) => producer.createJob(body)));
        for (const error of errors.values()) throw error;
      },

      async consume(handler, concurrency) {
        const worker = await openQueue(url, { isWorker: true });
        worker.on('failed', (_job, error) => crash(error));
        worker.process(concurrency, (job) => handler(job.data));
        await worker.checkStalledJobs(stallInterval);
        return { stop: () => worker.close() };
      },

      close: () => producer.close(),
    };
  },
};

async function openQueue(url: string, { isWorker }: { isWorker: boolean }) {
  const queue = new BeeQueue<Body>('bench', {
    redis: { url },
    isWorker,
    stallInterval,
    getEvents: false,
    sendEvents: false,
    storeJobs: false,
    removeOnSuccess: true,
    removeOnFailure: true,
  });
  queue.on('error', crash);
  return queue.ready();
}
