import { Redis } from 'ioredis';
import type { Body, QueueClient, QueueSubject } from '../subject.js';
import { endBlockedRead } from './end-blocked-read.js';

const stream = 'bench';
const group = 'bench';
const consumer = 'consumer';
/** How long an entry may be held, and how often those of crashed consumers are claimed. */
const claimMs = 30_000;

type Entry = [id: string, fields: string[]];

const shared = { kind: 'queue', title: 'ioredis', package: 'ioredis', server: 'redis' } as const;

/** A stream read by a consumer group. Entries are deleted when acknowledged, as a queue's would be. */
export const ioredisStream: QueueSubject = {
  ...shared,
  name: 'ioredis-stream',
  variant: 'streams',
  open: (url) => open(url, { enableAutoPipelining: true, keepsEntries: false }),
};

/** The same for a topic, whose entries stay for others to read. */
export const ioredisTopic: QueueSubject = {
  ...shared,
  name: 'ioredis-topic',
  variant: 'streams',
  open: (url) => open(url, { enableAutoPipelining: false, keepsEntries: true }),
};

export const ioredisPipelinedTopic: QueueSubject = {
  ...shared,
  name: 'ioredis-topic-pipelined',
  variant: 'streams, auto-pipelining',
  open: (url) => open(url, { enableAutoPipelining: true, keepsEntries: true }),
};

interface StreamOptions {
  enableAutoPipelining: boolean;
  /** Whether entries that were acknowledged stay in the stream. */
  keepsEntries: boolean;
}

async function open(
  url: string,
  { enableAutoPipelining, keepsEntries }: StreamOptions,
): Promise<QueueClient> {
  const redis = new Redis(url, { enableAutoPipelining });
  await createGroup(redis);

  return {
    send: (body) => redis.xadd(stream, '*', 'body', JSON.stringify(body)),

    async sendBatch(bodies) {
      const pipeline = redis.pipeline();
      for (const body of bodies) pipeline.xadd(stream, '*', 'body', JSON.stringify(body));
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    },

    async consume(handler, concurrency) {
      const reader = redis.duplicate({ enableAutoPipelining: false });
      const readerId = await reader.client('ID');
      let claimAt = 0;
      let isStopping = false;

      async function run(): Promise<void> {
        while (!isStopping) {
          const isClaiming = performance.now() >= claimAt;
          const entries = isClaiming ? await claim(reader) : await read(reader);
          if (isClaiming && entries.length === 0) claimAt = performance.now() + claimMs;
          await handle(entries);
        }
      }

      async function handle(entries: Entry[]): Promise<void> {
        if (entries.length === 0) return;
        const waiting = entries.values();
        const handlers = Array.from({ length: concurrency }, async () => {
          for (const [, [, text]] of waiting) await handler(JSON.parse(text as string) as Body);
        });
        await Promise.all(handlers);
        const ids = entries.map(([id]) => id);
        const acknowledged = redis.xack(stream, group, ...ids);
        await (keepsEntries
          ? acknowledged
          : Promise.all([acknowledged, redis.xdel(stream, ...ids)]));
      }

      const running = run();
      return {
        async stop() {
          isStopping = true;
          await endBlockedRead(redis, readerId);
          await running;
          await reader.quit();
        },
      };
    },

    async close() {
      await redis.quit();
    },
  };
}

async function createGroup(redis: Redis): Promise<void> {
  try {
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  } catch (error) {
    if (!String(error).includes('BUSYGROUP')) throw error;
  }
}

async function read(reader: Redis): Promise<Entry[]> {
  const options = ['COUNT', 100, 'BLOCK', 5000, 'STREAMS', stream, '>'] as const;
  const streams = await reader.xreadgroup('GROUP', group, consumer, ...options);
  return (streams as [name: string, entries: Entry[]][] | null)?.[0]?.[1] ?? [];
}

/** Takes over what crashed consumers held. */
async function claim(reader: Redis): Promise<Entry[]> {
  const reply = await reader.xautoclaim(stream, group, consumer, claimMs, '0', 'COUNT', 100);
  return (reply as [cursor: string, entries: Entry[]])[1];
}
