import { Redis } from 'ioredis';
import type { Body, Consuming, QueueSubject } from '../subject.js';
import { endBlockedRead } from './end-blocked-read.js';

const list = 'bench';
/** What is being handled. It belongs to the one consumer there is. */
const processing = 'bench:processing';

type Handler = (body: Body) => Promise<void>;

/**
 * The reliable queue that Redis' own documentation describes, in batches: one round trip
 * acknowledges a batch and takes the next one.
 *
 * Source: https://redis.io/docs/latest/commands/lmove/#pattern-reliable-queue
 */
export const ioredisSafe: QueueSubject = {
  kind: 'queue',
  name: 'ioredis-safe',
  title: 'ioredis',
  variant: 'BLMOVE+LREM',
  package: 'ioredis',
  server: 'redis',

  async open(url) {
    const redis = new Redis(url, { enableAutoPipelining: true });

    return {
      send: (body) => redis.lpush(list, JSON.stringify(body)),

      sendBatch: (bodies) => redis.lpush(list, ...bodies.map((body) => JSON.stringify(body))),

      async consume(handler, concurrency) {
        await recover(redis);
        const half = Math.ceil(concurrency / 2);
        const sizes = concurrency === 1 ? [1] : [half, concurrency - half];
        const lanes = await Promise.all(sizes.map((size) => openLane(redis, handler, size)));

        return {
          async stop() {
            await Promise.all(lanes.map((lane) => lane.stop()));
          },
        };
      },

      async close() {
        await redis.quit();
      },
    };
  },
};

/** Handles `size` messages at a time. Of two lanes, one computes while the other waits for Redis. */
async function openLane(redis: Redis, handler: Handler, size: number): Promise<Consuming> {
  const blocking = redis.duplicate({ enableAutoPipelining: false });
  const blockingId = await blocking.client('ID');
  let isStopping = false;

  async function run(): Promise<void> {
    while (!isStopping) {
      const element = await blocking.blmove(list, processing, 'RIGHT', 'LEFT', 5);
      let held = element ? [element] : [];
      while (held.length > 0) {
        await Promise.all(held.map((text) => handler(JSON.parse(text) as Body)));
        held = await acknowledgeAndTake(redis, held, isStopping ? 0 : size);
      }
    }
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
}

/** Puts back what a crash has left behind, oldest first again. */
async function recover(redis: Redis): Promise<void> {
  while (await redis.lmove(processing, list, 'LEFT', 'RIGHT'));
}

async function acknowledgeAndTake(redis: Redis, held: string[], count: number): Promise<string[]> {
  const pipeline = redis.pipeline();
  // From the tail, where the oldest is: Redis finds each at once.
  for (const text of held) pipeline.lrem(processing, -1, text);
  for (let i = 0; i < count; i++) pipeline.lmove(list, processing, 'RIGHT', 'LEFT');

  const taken: string[] = [];
  for (const [error, reply] of (await pipeline.exec()) ?? []) {
    if (error) throw error;
    if (typeof reply === 'string') taken.push(reply);
  }
  return taken;
}
