import { Redis } from 'ioredis';
import type { Body, QueueSubject } from '../subject.js';
import { endBlockedRead } from './end-blocked-read.js';

const list = 'bench';

/** The ceiling: nothing is acknowledged, so a crash loses what was taken. */
export const ioredisPop: QueueSubject = {
  kind: 'queue',
  name: 'ioredis-pop',
  title: 'ioredis',
  variant: 'RPOP count, unsafe',
  package: 'ioredis',
  server: 'redis',

  async open(url) {
    const redis = new Redis(url, { enableAutoPipelining: true });

    return {
      send: (body) => redis.lpush(list, JSON.stringify(body)),

      sendBatch: (bodies) => redis.lpush(list, ...bodies.map((body) => JSON.stringify(body))),

      async consume(handler, concurrency) {
        const blocking = redis.duplicate({ enableAutoPipelining: false });
        const blockingId = await blocking.client('ID');
        let isStopping = false;

        async function run(): Promise<void> {
          while (!isStopping) {
            const popped = (await redis.rpop(list, concurrency)) ?? (await waitForOne());
            await Promise.all(popped.map((text) => handler(JSON.parse(text) as Body)));
          }
        }

        async function waitForOne(): Promise<string[]> {
          const [, text] = (await blocking.brpop(list, 5)) ?? [];
          return text === undefined ? [] : [text];
        }

        const running = run();
        return {
          async stop() {
            isStopping = true;
            await endBlockedRead(redis, blockingId);
            await running;
            await blocking.quit();
          },
        };
      },

      async close() {
        await redis.quit();
      },
    };
  },
};
