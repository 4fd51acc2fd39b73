import { Redis } from 'ioredis';
import type { Body, ChannelClient, ChannelSubject } from '../subject.js';

const shared = { kind: 'channel', package: 'ioredis', server: 'redis' } as const;

export const ioredisChannel: ChannelSubject = {
  ...shared,
  name: 'ioredis',
  title: 'ioredis',
  open: (url) => open(url, { enableAutoPipelining: false }),
};

export const ioredisPipelinedChannel: ChannelSubject = {
  ...shared,
  name: 'ioredis-pipelined',
  title: 'ioredis',
  variant: 'auto-pipelining',
  open: (url) => open(url, { enableAutoPipelining: true }),
};

async function open(
  url: string,
  options: { enableAutoPipelining: boolean },
): Promise<ChannelClient> {
  const redis = new Redis(url, options);
  const subscriber = new Redis(url);

  return {
    publish: (body) => redis.publish('bench', JSON.stringify(body)),

    async subscribe(handler) {
      subscriber.on('message', (_channel, text) => handler(JSON.parse(text) as Body));
      await subscriber.subscribe('bench');
    },

    async close() {
      await Promise.all([redis.quit(), subscriber.quit()]);
    },
  };
}
