import { longestTimerMs, wholeNumber } from '@redpost/core';
import { pause, performance } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { confirmed } from '../scripts/pause-consumer.js';
import { unconfirmed } from '../scripts/unconfirmed.js';
import { ConsumerGoneError, UnconfirmedError, type UnconfirmedErrorOptions } from './errors.js';

/** What all consumers of a queue are to confirm. */
export interface Confirmation extends Pick<UnconfirmedErrorOptions, 'declared' | 'call'> {
  timeoutMs: number;
}

/** How long to wait before asking again who has confirmed, in ms: at first, and at most. */
const firstWaitMs = 2;
const longestWaitMs = 50;
/** How often to tell the consumers again, in ms: a signal may get lost. */
const signalMs = 1000;

/** How long to wait for the confirmations, in ms. @throws InvalidArgumentError for what cannot be one. */
export function checkedConfirmTimeout(timeoutMs = 10_000): number {
  return wholeNumber('timeoutMs', timeoutMs, { min: 0, max: longestTimerMs });
}

/**
 * Resolves when every consumer has confirmed the shape that was declared before this call, or a later one, or has gone, or
 * has lost its lease.
 */
export function allConfirmed(context: QueueContext, confirmation: Confirmation): Promise<void> {
  const { connection, keys } = context;
  return untilConfirmed(context, confirmation, () => connection.run(unconfirmed, { keys }));
}

/**
 * Resolves when this consumer has confirmed the shape that was declared before this call, or a later one.
 *
 * @throws ConsumerGoneError when it is gone, and has not.
 */
export function oneConfirmed(
  context: QueueContext,
  consumer: string,
  confirmation: Confirmation,
): Promise<void> {
  const { connection, keys, name: queue } = context;
  return untilConfirmed(context, confirmation, async () => {
    const hasConfirmed = await connection.run(confirmed, { keys, consumer });
    if (hasConfirmed === undefined) throw new ConsumerGoneError({ queue, consumer });
    return hasConfirmed ? [] : [consumer];
  });
}

/** @param missing reads which consumers have not confirmed it yet. */
async function untilConfirmed(
  { connection, keys, name }: QueueContext,
  { timeoutMs, ...declaration }: Confirmation,
  missing: () => Promise<string[]>,
): Promise<void> {
  const began = performance.now();
  let toldAt = began;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    const consumers = await missing();
    if (consumers.length === 0) return;
    const now = performance.now();
    if (now - began >= timeoutMs)
      throw new UnconfirmedError({ queue: name, consumers, timeoutMs, ...declaration });
    if (now - toldAt >= signalMs) {
      await connection.call('PUBLISH', [keys.signal, 'shape']);
      toldAt = now;
    }
    await pause(Math.min(waitMs, timeoutMs - (now - began)));
  }
}
