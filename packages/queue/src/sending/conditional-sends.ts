import type { CallOptions } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { type SendOnceInput, sendOnce } from '../scripts/send-once.js';
import { KeyFullError } from './errors.js';
import type { Outgoing } from './outgoing.js';

/** The messages that did not fit. */
export interface Refused {
  messages: Outgoing[];
  /** How many messages wait in the queue. */
  count: number;
}

/**
 * Sends messages some of which have a condition, in their order. Settles all but those that do not fit, which it
 * returns, with the number of other messages that were dropped.
 */
export async function sendConditionally(
  { name, connection, keys }: QueueContext,
  messages: Outgoing[],
  options: CallOptions,
  bound: Pick<SendOnceInput, 'limit' | 'drops'> = {},
): Promise<Refused & { dropped: number }> {
  const result = await connection.run(sendOnce, { keys, messages, ...bound }, options);
  const refused = messages.filter((message, at) => {
    const one = result.statuses[at];
    if (one === undefined || one.status === 'refused') return true;
    if (one.status === 'key-full') {
      const { key = '' } = message;
      message.reject(new KeyFullError({ queue: name, key }));
    } else {
      message.status = one.status;
      message.resolve('id' in one ? one.id : message.id);
    }
    return false;
  });
  return { messages: refused, count: result.count, dropped: result.dropped };
}

export function hasCondition({ condition }: Outgoing): boolean {
  return condition !== undefined;
}
