import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { QueueContext } from '../context.js';
import { checkKey } from '../message/key.js';
import { pauseConsumer, resumeConsumer } from '../scripts/pause-consumer.js';
import { pauseKey, resumeKey } from '../scripts/pause-key.js';
import { reshape } from '../scripts/reshape.js';
import { allConfirmed, checkedConfirmTimeout, oneConfirmed } from './confirmation.js';
import { ConsumerGoneError } from './errors.js';
import { pauseFields } from './shape.js';

/** How to pause a queue. */
export interface PauseOptions {
  /** Why, for those who look at the queue: `stats().paused` tells it. */
  reason?: string | undefined;
  /**
   * When the pause ends by itself, in ms since 1970, by the server's clock: `Date.now() + 60_000` is in a
   * minute. Default: never, only `resume()` ends it.
   */
  untilMs?: number | undefined;
  /** How long to wait until all consumers have confirmed the pause, in ms, at least 0. Default 10 000. */
  timeoutMs?: number | undefined;
}

const optionNames: NamesOf<PauseOptions> = { reason: true, untilMs: true, timeoutMs: true };

/** The last moment that a `Date` can be, in ms since 1970. */
const latestMs = 8.64e15;

/** Pauses the queue, and resolves when all its consumers have confirmed that. */
export async function pauseQueue(context: QueueContext, options: PauseOptions): Promise<void> {
  refuseUnknownOptions('pause()', options, optionNames);
  const { reason, untilMs } = options;
  checkReason(reason);
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  if (untilMs !== undefined) await refuseUnlessAhead(context, untilMs);

  const set = {
    ...(reason === undefined ? {} : { paused_reason: reason }),
    ...(untilMs === undefined ? {} : { paused_until: untilMs }),
  };
  const { connection, keys } = context;
  const input = { keys, drop: pauseFields, stamp: 'paused', set };
  await connection.run(reshape, input);
  await allConfirmed(context, {
    timeoutMs,
    declared: 'is paused',
    call: 'pause()',
  });
}

/** Ends the pause of the queue. Resolves to false when it was not paused. */
export async function resumeQueue({ connection, keys }: QueueContext): Promise<boolean> {
  const { deleted } = await connection.run(reshape, { keys, drop: pauseFields });
  return deleted > 0;
}

/** How to pause a key. */
export type PauseKeyOptions = Omit<PauseOptions, 'reason'>;

const keyOptionNames: NamesOf<PauseKeyOptions> = { untilMs: true, timeoutMs: true };

/** Pauses a key of the queue, and resolves when all its consumers have confirmed that. */
export async function pauseKeyOf(
  context: QueueContext,
  key: string,
  options: PauseKeyOptions,
): Promise<void> {
  checkKey(key);
  refuseUnknownOptions('pauseKey()', options, keyOptionNames);
  const { untilMs } = options;
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  if (untilMs !== undefined) await refuseUnlessAhead(context, untilMs);
  const { connection, keys } = context;
  await connection.run(pauseKey, { keys, key, untilMs });
  const declared = `has paused the key ${JSON.stringify(key)}`;
  await allConfirmed(context, { timeoutMs, declared, call: 'pauseKey()' });
}

/** Ends the pause of a key. Resolves to false when it was not paused. */
export async function resumeKeyOf(
  { connection, keys }: QueueContext,
  key: string,
): Promise<boolean> {
  checkKey(key);
  return connection.run(resumeKey, { keys, key });
}

/** How to pause one consumer. */
export type PauseConsumerOptions = Omit<PauseOptions, 'untilMs'>;

const consumerOptionNames: NamesOf<PauseConsumerOptions> = { reason: true, timeoutMs: true };

/** Pauses one consumer of the queue, and resolves when it has confirmed that. */
export async function pauseConsumerOf(
  context: QueueContext,
  consumer: string,
  options: PauseConsumerOptions,
): Promise<void> {
  checkConsumer(consumer);
  refuseUnknownOptions('pauseConsumer()', options, consumerOptionNames);
  const { reason } = options;
  checkReason(reason);
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  const { connection, keys, name: queue } = context;
  const isThere = await connection.run(pauseConsumer, { keys, consumer, reason });
  if (!isThere) throw new ConsumerGoneError({ queue, consumer });
  const declared = `has paused the consumer ${JSON.stringify(consumer)}`;
  await oneConfirmed(context, consumer, { timeoutMs, declared, call: 'pauseConsumer()' });
}

/** Ends the pause of one consumer. Resolves to false when it was not paused. */
export async function resumeConsumerOf(
  { connection, keys }: QueueContext,
  consumer: string,
): Promise<boolean> {
  checkConsumer(consumer);
  return connection.run(resumeConsumer, { keys, consumer });
}

function checkReason(reason: unknown): void {
  if (reason === undefined || typeof reason === 'string') return;
  throw new InvalidArgumentError(`reason is a text, got ${shown(reason)}`);
}

function checkConsumer(consumer: unknown): void {
  if (typeof consumer === 'string' && consumer !== '') return;
  throw new InvalidArgumentError(
    `consumer is the name of a consumer, as consumers() tells it, got ${shown(consumer)}`,
  );
}

async function refuseUnlessAhead({ connection }: QueueContext, untilMs: number): Promise<void> {
  wholeNumber('untilMs', untilMs, { min: 0, max: latestMs });
  const [seconds] = (await connection.call('TIME', [])) as Buffer[];
  const now = 1000 * Number(seconds);
  if (untilMs > now) return;
  throw new InvalidArgumentError(
    `untilMs is a time in ms since 1970, and ${untilMs} is past: the clock of the server says ${now}. ` +
      'To pause a queue for a minute, give Date.now() + 60_000',
  );
}
