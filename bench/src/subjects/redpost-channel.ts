import { connect } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';
import type { Body, ChannelSubject } from '../subject.js';
import { crash } from './crash.js';

export const redpostChannel: ChannelSubject = {
  kind: 'channel',
  name: 'redpost',
  title: 'redpost',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const pubsub = new PubSub<Body>({ connection });

    return {
      publish: (body) => pubsub.publish('bench', body),

      async subscribe(handler) {
        const subscription = await pubsub.subscribe('bench', {
          onMessage: ({ body }) => handler(body),
        });
        subscription.on('error', crash);
        subscription.on('interrupted', ({ error }) => crash(error));
      },

      async close() {
        await pubsub.close();
        await connection.close();
      },
    };
  },
};
