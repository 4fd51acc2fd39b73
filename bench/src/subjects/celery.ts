import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Body, QueueSubject } from '../subject.js';
import { consumeWith, programs } from './other-program.js';

/** Packages of Debian are for the interpreter of Debian, which need not be the first one in PATH. */
const pythons = ['python3', '/usr/bin/python3'];
const options = ['--loglevel', 'error', '--without-gossip', '--without-mingle'];

/**
 * As many threads as handlers: that is more than twice as fast here as gevent, and about as fast as processes, of which
 * the processor time of one would not be the whole.
 */
export const celery: QueueSubject = {
  kind: 'queue',
  name: 'celery',
  title: 'Celery',
  variant: 'threads',
  server: 'redis',
  program: {
    version: () => python()?.version,
    missing:
      'no Python with it and its Redis client (apt-get install python3-celery python3-redis)',
  },

  async open(url) {
    const redis = new Redis(url);
    const sendBatch = (bodies: readonly Body[]) => redis.lpush('celery', ...bodies.map(message));

    return {
      send: (body) => sendBatch([body]),

      sendBatch,

      async consume(_handler, concurrency, elsewhere) {
        const worker = [
          '-m',
          'celery',
          '--workdir',
          programs,
          '--app',
          'celery_worker',
          'worker',
          ...options,
        ];
        const pool = ['--pool', 'threads', '--concurrency', String(concurrency)];
        return consumeWith([python()?.path ?? 'python3', ...worker, ...pool], url, elsewhere);
      },

      async close() {
        await redis.quit();
      },
    };
  },
};

function python(): { path: string; version: string } | undefined {
  const program = 'import celery, redis; print(celery.__version__)';
  for (const path of pythons) {
    const { status, stdout } = spawnSync(path, ['-c', program], { encoding: 'utf8' });
    if (status === 0) return { path, version: stdout.trim() };
  }
  return undefined;
}

/** As Celery's own client writes it, without what nobody reads here. */
function message(body: Body): string {
  const id = randomUUID();
  return JSON.stringify({
    body: Buffer.from(JSON.stringify([[body], {}, {}])).toString('base64'),
    'content-type': 'application/json',
    'content-encoding': 'utf-8',
    headers: { task: 'bench', id },
    properties: {
      body_encoding: 'base64',
      delivery_tag: id,
      delivery_info: { exchange: '', routing_key: 'celery' },
    },
  });
}
