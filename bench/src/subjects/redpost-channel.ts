import { connect } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';
import type { Body, ChannelSubject } from '../subject.js';
import { crash } from './crash.js';

/** Gives what is received to the handler. */
type Subscribe = (pubsub: PubSub<Body>, handler: (body: Body) => void) => Promise<void>;

export const redpostChannel = subjectOf({ name: 'redpost' }, async (pubsub, handler) => {
  const subscription = await pubsub.subscribe('bench', { onMessage: ({ body }) => handler(body) });
  subscription.on('error', crash);
  subscription.on('interrupted', ({ error }) => crash(error));
});

/** Reads by `for await`. */
export const redpostForAwait = subjectOf(
  { name: 'redpost-for-await', variant: '`for await`' },
  async (pubsub, handler) => {
    const subscription = await pubsub.subscribe('bench', { maxBuffered: 100_000 });
    subscription.on('error', crash);
    subscription.on('interrupted', ({ error }) => crash(error));
    const read = async () => {
      for await (const { body } of subscription) handler(body);
    };
    read().catch(crash);
  },
);

function subjectOf(
  about: Pick<ChannelSubject, 'name' | 'variant'>,
  subscribe: Subscribe,
): ChannelSubject {
  return {
    ...about,
    kind: 'channel',
    title: 'redpost',
    server: 'redis',

    async open(url) {
      const connection = connect(url);
      await connection.ping();
      const pubsub = new PubSub<Body>({ connection });

      return {
        publish: (body) => pubsub.publish('bench', body),
        subscribe: (handler) => subscribe(pubsub, handler),

        async close() {
          await pubsub.close();
          await connection.close();
        },
      };
    },
  };
}
