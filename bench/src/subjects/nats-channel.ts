import { connect } from '@nats-io/transport-node';
import type { Body, ChannelSubject } from '../subject.js';

/** A publish only fills the client's buffer; every so often publishers wait until it has left. */
const flushEvery = 1000;

export const natsChannel: ChannelSubject = {
  kind: 'channel',
  name: 'nats',
  title: 'NATS core',
  package: '@nats-io/transport-node',
  server: 'nats',

  async open(url) {
    const connection = await connect({ servers: url });
    let flushed = Promise.resolve();
    let published = 0;

    return {
      publish(body) {
        connection.publish('bench', JSON.stringify(body));
        published += 1;
        if (published % flushEvery === 0) flushed = connection.flush();
        return flushed;
      },

      async subscribe(handler) {
        connection.subscribe('bench', {
          callback(error, message) {
            if (error) throw error;
            handler(message.json<Body>());
          },
        });
        await connection.flush();
      },

      close: () => connection.drain(),
    };
  },
};
