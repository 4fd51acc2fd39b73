import { Queue, Worker } from 'groupmq';
import { Redis } from 'ioredis';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

/** Messages of one group are handled one after the other, so there must be many groups. */
const groups = 200;

export const groupmq: QueueSubject = {
  kind: 'queue',
  name: 'groupmq',
  title: 'GroupMQ',
  package: 'groupmq',
  server: 'redis',

  async open(url) {
    const redis = new Redis(url);
    const queue = new Queue<Body>({ redis, namespace: 'bench' });

    return {
      send: (data) => queue.add({ groupId: String(data.n % groups), data }),

      async consume(handler, concurrency) {
        const worker = new Worker<Body>({
          queue,
          handler: (job) => handler(job.data),
          concurrency,
          onError: crash,
        });
        worker.on('error', crash);
        return { stop: () => worker.close() };
      },

      close: () => queue.close(),
    };
  },
};
