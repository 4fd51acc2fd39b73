import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Body, QueueSubject } from '../subject.js';
import { consumeWith, programs } from './other-program.js';

/** As many threads as handlers. Without Sidekiq Pro, what a crashed process held is lost. */
export const sidekiq: QueueSubject = {
  kind: 'queue',
  name: 'sidekiq',
  title: 'Sidekiq',
  variant: 'threads, unsafe',
  server: 'redis',
  program: {
    version() {
      const { stdout } = spawnSync('sidekiq', ['--version'], { encoding: 'utf8' });
      return /^Sidekiq (\S+)/m.exec(stdout ?? '')?.[1];
    },
    missing: 'no `sidekiq` on PATH (apt-get install ruby-sidekiq)',
  },

  async open(url) {
    const redis = new Redis(url);
    await redis.sadd('queues', 'bench');
    const sendBatch = (bodies: readonly Body[]) => redis.lpush('queue:bench', ...bodies.map(job));

    return {
      send: (body) => sendBatch([body]),

      sendBatch,

      async consume(_handler, concurrency, elsewhere) {
        const options = ['--concurrency', String(concurrency), '--queue', 'bench'];
        const command = ['sidekiq', '--require', `${programs}/sidekiq_worker.rb`] as const;
        return consumeWith([...command, ...options], url, elsewhere);
      },

      async close() {
        await redis.quit();
      },
    };
  },
};

/** As `Sidekiq::Client.push_bulk` writes it. */
function job(body: Body): string {
  const now = Date.now() / 1000;
  return JSON.stringify({
    retry: true,
    queue: 'bench',
    class: 'Bench',
    args: [body],
    jid: randomBytes(12).toString('hex'),
    created_at: now,
    enqueued_at: now,
  });
}
