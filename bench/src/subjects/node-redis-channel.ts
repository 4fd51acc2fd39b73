import { createClient } from 'redis';
import type { Body, ChannelSubject } from '../subject.js';
import { crash } from './crash.js';

/** The client pipelines the calls of one tick by itself. */
export const nodeRedisChannel: ChannelSubject = {
  kind: 'channel',
  name: 'node-redis',
  title: 'node-redis',
  package: 'redis',
  server: 'redis',

  async open(url) {
    const client = await createClient({ url }).on('error', crash).connect();
    const subscriber = await createClient({ url }).on('error', crash).connect();

    return {
      publish: (body) => client.publish('bench', JSON.stringify(body)),

      subscribe: (handler) =>
        subscriber.subscribe('bench', (text) => handler(JSON.parse(text) as Body)),

      async close() {
        await Promise.all([client.close(), subscriber.close()]);
      },
    };
  },
};
