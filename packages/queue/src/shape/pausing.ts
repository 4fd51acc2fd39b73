import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { QueueContext } from '../context.js';
import { checkKey } from '../message/key.js';
import { leaseName } from '../partitions/lease-name.js';
import type { Partitions } from '../partitions/partitions.js';
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
export async function pauseQueue(partitions: Partitions, options: PauseOptions): Promise<void> {
  refuseUnknownOptions('pause()', options, optionNames);
  const { reason, untilMs } = options;
  checkReason(reason);
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  const lists = await partitions.all();
  if (untilMs !== undefined) await refuseUnlessAhead(lists, untilMs);

  const set = {
    ...(reason === undefined ? {} : { paused_reason: reason }),
    ...(untilMs === undefined ? {} : { paused_until: untilMs }),
  };
  await Promise.all(
    lists.map(({ connection, keys }) =>
      connection.run(reshape, { keys, drop: pauseFields, stamp: 'paused', set }),
    ),
  );
  const confirmation = { timeoutMs, declared: 'is paused', call: 'pause()' };
  await Promise.all(lists.map((list) => allConfirmed(list, confirmation)));
}

/** Ends the pause of the queue. Resolves to false when it was not paused. */
export function resumeQueue(partitions: Partitions): Promise<boolean> {
  return any(partitions, async ({ connection, keys }) => {
    const { deleted } = await connection.run(reshape, { keys, drop: pauseFields });
    return deleted > 0;
  });
}

/** How to pause a key. */
export type PauseKeyOptions = Omit<PauseOptions, 'reason'>;

const keyOptionNames: NamesOf<PauseKeyOptions> = { untilMs: true, timeoutMs: true };

/** Pauses a key of the queue, and resolves when all its consumers have confirmed that. */
export async function pauseKeyOf(
  partitions: Partitions,
  key: string,
  options: PauseKeyOptions,
): Promise<void> {
  checkKey(key);
  refuseUnknownOptions('pauseKey()', options, keyOptionNames);
  const { untilMs } = options;
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  const lists = await partitions.all();
  if (untilMs !== undefined) await refuseUnlessAhead(lists, untilMs);
  await Promise.all(
    lists.map(({ connection, keys }) => connection.run(pauseKey, { keys, key, untilMs })),
  );
  const declared = `has paused the key ${JSON.stringify(key)}`;
  const confirmation = { timeoutMs, declared, call: 'pauseKey()' };
  await Promise.all(lists.map((list) => allConfirmed(list, confirmation)));
}

/** Ends the pause of a key. Resolves to false when it was not paused. */
export async function resumeKeyOf(partitions: Partitions, key: string): Promise<boolean> {
  checkKey(key);
  return any(partitions, ({ connection, keys }) => connection.run(resumeKey, { keys, key }));
}

/** How to pause one consumer. */
export type PauseConsumerOptions = Omit<PauseOptions, 'untilMs'>;

const consumerOptionNames: NamesOf<PauseConsumerOptions> = { reason: true, timeoutMs: true };

/** Pauses one consumer of the queue, and resolves when it has confirmed that. */
export async function pauseConsumerOf(
  partitions: Partitions,
  consumer: string,
  options: PauseConsumerOptions,
): Promise<void> {
  checkConsumer(consumer);
  refuseUnknownOptions('pauseConsumer()', options, consumerOptionNames);
  const { reason } = options;
  checkReason(reason);
  const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
  const lists = await partitions.all();
  const leases = lists.map((list, at) => ({ list, name: leaseName(consumer, at) }));
  const areThere = await Promise.all(
    leases.map(({ list: { connection, keys }, name }) =>
      connection.run(pauseConsumer, { keys, consumer: name, reason }),
    ),
  );
  if (!areThere.includes(true)) throw new ConsumerGoneError({ queue: partitions.name, consumer });
  const declared = `has paused the consumer ${JSON.stringify(consumer)}`;
  const confirmation = { timeoutMs, declared, call: 'pauseConsumer()' };
  const paused = leases.filter((_, at) => areThere[at]);
  await Promise.all(paused.map(({ list, name }) => oneConfirmed(list, name, confirmation)));
}

/** Ends the pause of one consumer. Resolves to false when it was not paused. */
export async function resumeConsumerOf(partitions: Partitions, consumer: string): Promise<boolean> {
  checkConsumer(consumer);
  return any(partitions, ({ connection, keys }, at) =>
    connection.run(resumeConsumer, { keys, consumer: leaseName(consumer, at) }),
  );
}

/** Does this for all lists. Resolves to true when any was told to be true. */
async function any(
  partitions: Partitions,
  does: (list: QueueContext, at: number) => Promise<boolean>,
): Promise<boolean> {
  const done = await Promise.all((await partitions.all()).map(does));
  return done.includes(true);
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

async function refuseUnlessAhead([list]: readonly QueueContext[], untilMs: number): Promise<void> {
  wholeNumber('untilMs', untilMs, { min: 0, max: latestMs });
  const { connection } = list as QueueContext;
  const [seconds] = (await connection.call('TIME', [])) as Buffer[];
  const now = 1000 * Number(seconds);
  if (untilMs > now) return;
  throw new InvalidArgumentError(
    `untilMs is a time in ms since 1970, and ${untilMs} is past: the clock of the server says ${now}. ` +
      'To pause a queue for a minute, give Date.now() + 60_000',
  );
}
