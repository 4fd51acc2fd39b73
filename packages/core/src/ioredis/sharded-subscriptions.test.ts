import { expect, it } from 'vitest';
import type { Subscriber } from '../connection/connection.js';
import { ConnectionError } from '../errors.js';
import { ShardedSubscriptions } from './sharded-subscriptions.js';
import type { SubscriptionLink } from './subscription-link.js';

it('a socket that breaks as it is subscribed counts as none: the next one tells when messages come', async () => {
  const told: string[] = [];
  const gone = new ConnectionError('gone', { outcome: 'unknown' });
  let sockets = 0;
  const open = () => {
    sockets += 1;
    const socket = sockets;
    const subscribe = async (_: unknown, subscriber: Subscriber) => {
      if (socket === 1) subscriber.interrupted?.(gone);
      told.push(`subscribed ${socket}`);
      return async () => void told.push(`left ${socket}`);
    };
    return { subscriptions: { subscribe } } as unknown as SubscriptionLink;
  };
  const slots = [[0, 16383, ['127.0.0.1', 1]]];
  const subscriptions = new ShardedSubscriptions({
    ask: async (_, [what]) => (what === 'SLOTS' ? (slots as never) : 1),
    open,
    forget: () => {},
    report: () => {},
    reach: ({ host, port }) => ({ host: String(host), port }),
    callTimeoutMs: 1000,
  });

  await subscriptions.subscribe('a', {
    message: () => {},
    interrupted: () => told.push('interrupted'),
    resumed: () => told.push('resumed'),
  });

  expect(told).toEqual(['subscribed 1', 'left 1', 'subscribed 2']);
});
