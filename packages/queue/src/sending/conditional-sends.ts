import type { CallOptions } from '@redpost/core';
import { fail } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { type SendConditionalInput, sendConditional } from '../scripts/send-conditional.js';
import { sendOnce } from '../scripts/send-once.js';
import { isInHeader } from './condition.js';
import { KeyFullError } from './errors.js';
import type { Outgoing } from './outgoing.js';

/** The messages that did not fit. */
export interface Refused {
  messages: Outgoing[];
  /** How many messages wait in the queue. */
  count: number;
}

type Bound = Pick<SendConditionalInput, 'limit' | 'drops'>;

/**
 * Sends messages some of which have a condition, in their order. Settles all but those that do not fit, which it
 * returns, with the number of other messages that were dropped.
 */
export async function sendConditionally(
  context: QueueContext,
  messages: Outgoing[],
  options: CallOptions,
  bound?: Bound,
): Promise<Refused & { dropped: number }> {
  if (bound || !messages.every(fitsSendOnce)) {
    return sendAny(context, messages, options, bound ?? {});
  }
  const { connection, keys } = context;
  const duplicates = await connection.run(sendOnce, { keys, messages }, options);
  for (const { at, id } of duplicates) settle(messages[at], 'duplicate', id);
  // Those that are settled stay so.
  for (const { resolve, id } of messages) resolve(id);
  return { messages: [], count: 0, dropped: 0 };
}

export function hasCondition({ condition }: Outgoing): boolean {
  return condition !== undefined;
}

/** True for messages that wait in the list at once, sent once until they are taken or done, or without a condition. */
function fitsSendOnce({ isInList, delayMs, at, ttlMs, condition }: Outgoing): boolean {
  const isPlain = isInList && delayMs === 0 && at === 0 && ttlMs === 0;
  return isPlain && (condition === undefined || isInHeader(condition));
}

async function sendAny(
  { name, connection, keys }: QueueContext,
  messages: Outgoing[],
  options: CallOptions,
  bound: Bound,
): Promise<Refused & { dropped: number }> {
  const result = await connection.run(sendConditional, { keys, messages, ...bound }, options);
  const refused = messages.filter((message, at) => {
    const one = result.statuses[at];
    if (one === undefined || one.status === 'refused') return true;
    if (one.status === 'key-full') {
      const { key = '' } = message;
      fail(message, new KeyFullError({ queue: name, key }));
    } else {
      settle(message, one.status, 'id' in one ? one.id : message.id);
    }
    return false;
  });
  return { messages: refused, count: result.count, dropped: result.dropped };
}

function settle(message: Outgoing | undefined, status: Outgoing['status'], id: string): void {
  if (!message) return;
  message.status = status;
  message.resolve(id);
}
