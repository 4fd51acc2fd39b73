import {
  type Complete,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { Message } from '../message/message.js';
import type { OverflowPolicy } from './message-buffer.js';

/** How many messages may wait for their reader, and what happens when there are more. */
export interface BufferOptions {
  /** How many messages may wait to be read. At least 1, default 10 000. */
  maxBuffered?: number | undefined;
  /**
   * What happens to a message when the buffer is full; default `drop-oldest`. Dropped messages are counted in
   * `subscription.dropped` and reported by the event `overflow`.
   */
  overflow?: OverflowPolicy | undefined;
  /**
   * With `overflow: 'pause'`: how long reading may stop at a time, in ms; default 60 000. After that the
   * connection is closed: messages that wait in Redis are lost, and `interrupted` and `resumed` follow. Half
   * of `maxBuffered` has to be handled within this time: raise it for slow handlers.
   */
  maxPauseMs?: number | undefined;
}

/**
 * Gets each message, in order. If it returns a promise, the next message waits until that is settled. Errors
 * that it throws become the subscription's event `error`.
 */
export type OnMessage<Body> = (message: Message<Body>) => unknown;

/** Options of a subscription. */
export interface SubscribeOptions<Body> extends BufferOptions {
  /** Gets the messages, instead of `for await` or `next()`. */
  onMessage?: OnMessage<Body> | undefined;
  /** Closes the subscription. */
  signal?: AbortSignal | undefined;
  /**
   * Shares the messages with the other members of this group, wherever they run: each goes to
   * exactly one of them. A name of letters, digits, `.`, `-` and `_`. Not for patterns.
   */
  group?: string | undefined;
  /**
   * Delivers a message once, even if its channel matches several of the subscription's patterns. Its
   * `pattern` is then the one by which Redis sent it first. Only for patterns: a channel delivers each
   * message once. Default false.
   */
  distinct?: boolean | undefined;
}

export const subscribeOptionNames: NamesOf<SubscribeOptions<unknown>> = {
  maxBuffered: true,
  overflow: true,
  maxPauseMs: true,
  onMessage: true,
  signal: true,
  group: true,
  distinct: true,
};

/** How long to wait for the next message. */
export interface NextOptions {
  /** How long to wait, in ms; 0 does not wait. Default: no limit. */
  timeoutMs?: number | undefined;
  /** Ends the wait, but not the subscription. */
  signal?: AbortSignal | undefined;
}

const nextOptionNames: NamesOf<NextOptions> = { timeoutMs: true, signal: true };

const policies: readonly unknown[] = ['drop-oldest', 'drop-newest', 'close', 'pause'];

/**
 * The options with the defaults filled in.
 *
 * @throws InvalidArgumentError
 */
export function checkedBuffer(
  options: BufferOptions,
  defaults: BufferOptions = {},
): Complete<BufferOptions> {
  const maxBuffered = options.maxBuffered ?? defaults.maxBuffered ?? 10_000;
  const overflow = options.overflow ?? defaults.overflow ?? 'drop-oldest';
  const maxPauseMs = options.maxPauseMs ?? defaults.maxPauseMs ?? 60_000;
  wholeNumber('maxBuffered', maxBuffered, { min: 1 });
  wholeNumber('maxPauseMs', maxPauseMs, { min: 1, max: longestTimerMs });
  if (!policies.includes(overflow)) {
    throw new InvalidArgumentError(
      `overflow must be drop-oldest, drop-newest, close or pause, got ${shown(overflow)}`,
    );
  }
  return { maxBuffered, overflow, maxPauseMs };
}

/** @throws InvalidArgumentError */
export function checkWait(options: NextOptions): void {
  refuseUnknownOptions('next()', options, nextOptionNames);
  const { timeoutMs } = options;
  if (timeoutMs !== undefined) wholeNumber('timeoutMs', timeoutMs, { min: 0, max: longestTimerMs });
}
