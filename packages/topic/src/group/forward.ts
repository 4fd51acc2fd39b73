import { isRedpostError, type NamesOf } from '@redpost/core';
import { messageOf } from '@redpost/core/consuming';
import type { GroupConsumer } from '../consuming/group-consumer.js';
import type { TopicDelivery } from '../consuming/group-delivery.js';
import type { ConsumerGroup } from './group.js';
import type { GroupConsumeOptions } from './group-options.js';

/** The target of `topic.forward()`: a `Queue` of `@redpost/queue`, or another object with the same `send`. */
export interface ForwardTarget<Body> {
  readonly name: string;
  /** Resolves when the message is stored. */
  send(
    body: Body,
    options: { id: string; headers?: Readonly<Record<string, string>> },
  ): Promise<unknown>;
}

/** The options of `topic.forward()`. */
export interface ForwardOptions extends Omit<GroupConsumeOptions, 'maxAttempts'> {
  /** The consumer group that remembers what was forwarded. Default `forward:` and the queue's name. */
  group?: string | undefined;
}

export const forwardOptionNames: NamesOf<ForwardOptions> = {
  group: true,
  concurrency: true,
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  backoff: true,
  signal: true,
};

/**
 * Sends each record to a queue, and acknowledges it when the queue has confirmed the message. So delivery is at least once:
 * a message may be sent twice, and then both have the same id, which is made of the place of the record.
 */
export function forwardTo<Body>(
  topic: string,
  group: ConsumerGroup<Body, unknown>,
  target: ForwardTarget<Body>,
  { concurrency = 500, ...options }: Omit<ForwardOptions, 'group'>,
): GroupConsumer<Body> {
  return group.consume((delivery) => forwardOne(topic, target, delivery), {
    ...options,
    concurrency,
    // While the queue is unreachable, records are retried and never given up.
    maxAttempts: Number.MAX_SAFE_INTEGER,
  });
}

/** The errors of messages that a queue rejects at every attempt. */
const refusals = ['VALIDATION', 'ENCODE', 'INVALID_ARGUMENT', 'MESSAGE_TOO_LARGE'];

async function forwardOne<Body>(
  topic: string,
  target: ForwardTarget<Body>,
  delivery: TopicDelivery<Body>,
): Promise<void> {
  const { body, headers, partition, offset } = delivery;
  const id = `${topic}:${partition}:${offset}`;
  try {
    await target.send(body, Object.keys(headers).length > 0 ? { id, headers } : { id });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // A retry would be rejected, too, so the record becomes a dead letter of the group.
    await delivery.deadLetter(`refused by ${target.name}: ${messageOf(error)}`);
  }
}

function isRefusal(error: unknown): error is Error {
  return refusals.some((code) => isRedpostError(error, code));
}
