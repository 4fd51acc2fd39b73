import { type EventEmitter, once } from 'node:events';
import mqemitter from 'mqemitter-redis';
import type { ChannelSubject } from '../subject.js';

/** It encodes messages itself, as MessagePack, and turns on ioredis' automatic pipelining. */
export const mqemitterRedis: ChannelSubject = {
  kind: 'channel',
  name: 'mqemitter-redis',
  title: 'mqemitter-redis',
  package: 'mqemitter-redis',
  server: 'redis',

  async open(url) {
    // Not `connectionString`: with that it forgets about the pipelining.
    const { hostname: host, port } = new URL(url);
    const emitter = mqemitter({ host, port: Number(port) });
    // To subscribe before that ends in an error now and then.
    const { subConn, pubConn } = emitter as unknown as Record<'subConn' | 'pubConn', EventEmitter>;
    await Promise.all([once(subConn, 'ready'), once(pubConn, 'ready')]);

    return {
      publish: (body) =>
        new Promise<void>((resolve, reject) => {
          emitter.emit({ topic: 'bench', body }, (error) => (error ? reject(error) : resolve()));
        }),

      subscribe: (handler) =>
        new Promise((resolve) => {
          const listen = (message: mqemitter.Message, done: () => void) => {
            handler(message.body);
            done();
          };
          emitter.on('bench', listen, resolve);
        }),

      close: () => new Promise((resolve) => emitter.close(resolve)),
    };
  },
};
