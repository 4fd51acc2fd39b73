import { type JobsOptions, Queue } from 'bullmq';
import type { Body, QueueSubject } from '../subject.js';
import { startWorker } from './bullmq-worker.js';
import { crash } from './crash.js';

/** One way to use BullMQ. */
interface Way {
  name: string;
  variant?: string;
  /** What a job is added with. */
  options?: (body: Body) => JobsOptions;
}

/** Jobs are removed when done, the event stream is kept short, stalled jobs are recovered. */
const subjectOf = ({ name, variant, options }: Way): QueueSubject => ({
  kind: 'queue',
  name,
  title: 'BullMQ',
  ...(variant && { variant }),
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
      send: (body) => queue.add('body', body, options?.(body)),

      sendBatch: (bodies) =>
        queue.addBulk(
          bodies.map((data) => ({ name: 'body', data, ...(options && { opts: options(data) }) })),
        ),

      consume: (handler, concurrency) => startWorker(url, (job) => handler(job.data), concurrency),

      close: () => queue.close(),
    };
  },
});

export const bullmq = subjectOf({ name: 'bullmq' });

/** Of its own range, in which 1 is the highest. */
export const bullmqPriorities = subjectOf({
  name: 'bullmq-priorities',
  variant: 'priorities 1 to 10',
  options: ({ n }) => ({ priority: 1 + (n % 10) }),
});

/** Due as soon as they are added. */
export const bullmqDelayed = subjectOf({
  name: 'bullmq-delayed',
  variant: 'delayed',
  options: () => ({ delay: 1 }),
});

/** Each job with an id of its own, so that none is left out. */
export const bullmqOnce = subjectOf({
  name: 'bullmq-once',
  variant: 'deduplication',
  options: ({ n }) => ({ deduplication: { id: String(n) } }),
});
