import type { Unlisten } from '@redpost/core';
import type { InvalidMessage, Message } from '../message/message.js';
import type { NextOptions } from './subscribe-options.js';

/**
 * Why a subscription ended: it was closed, its signal was aborted, its buffer overflowed under the
 * policy `close`, or its connection was closed.
 */
export type CloseReason = 'closed' | 'aborted' | 'overflow' | 'connection-closed';

/** Messages that were published to a channel and did not arrive. */
export interface Gap {
  readonly channel: string;
  /** The name of the publisher, which changes with each restart. */
  readonly publisher: string;
  /** How many messages are missing between the last that arrived and the one that comes next. */
  readonly missed: number;
}

/** The events of a {@link Subscription}, see `on()`. */
export interface SubscriptionEvents {
  /** The connection is lost. Messages that are published from now on are missed. */
  interrupted: { error: Error };
  /** Redis has confirmed all of the subscription again, `downMs` after the interruption. */
  resumed: { downMs: number };
  /** A message arrived that cannot be decoded. Reported as an `error` without a listener. */
  invalid: InvalidMessage;
  /**
   * Messages were dropped because the buffer is full: the number since the last report, and in total. The
   * first report comes at once, further ones at most every second. Reported as an `error` without a listener.
   */
  overflow: { dropped: number; total: number };
  /** `maxBuffered` messages wait: reading from the socket has stopped, under the policy `pause`. */
  paused: { buffered: number };
  /** Half of them have been read: reading continues, after `pausedMs`. */
  unpaused: { pausedMs: number };
  /**
   * Messages of this publisher are missing: `sequenced` subscriptions only. Reported as an `error`
   * without a listener.
   */
  gap: Gap;
  /**
   * `onMessage` failed, or a loss without a listener, or, once, only one end is `sequenced`.
   * Without listeners, a process warning.
   */
  error: Error;
  /** The subscription has ended. Waiting messages can still be read. */
  closed: { reason: CloseReason };
}

/**
 * The messages of one or more channels or patterns, from the confirmation by Redis until it is closed.
 *
 * Read them with `for await`, with `next()`, or by the `onMessage` given to `subscribe()`. Several readers
 * share the messages: each goes to one of them.
 */
export interface Subscription<Body = unknown>
  extends AsyncIterable<Message<Body>>,
    AsyncDisposable {
  /** How many messages wait to be read. */
  readonly buffered: number;
  /** True while reading from the socket is stopped, under the policy `pause`. */
  readonly paused: boolean;
  /** How many messages were dropped because the buffer was full. */
  readonly dropped: number;
  /** Why the subscription ended; `undefined` while it is open. */
  readonly closeReason: CloseReason | undefined;

  /** Calls `listener` at every `event`; returns a function that removes it. */
  on<Event extends keyof SubscriptionEvents>(
    event: Event,
    listener: (payload: SubscriptionEvents[Event]) => void,
  ): Unlisten;

  /**
   * Waits for the next message. Resolves to `undefined` when the time is over, or when the subscription has
   * ended and all messages are read.
   *
   * @throws the signal's reason when it is aborted. No message is lost by it.
   * @throws InvalidArgumentError for a time that is not possible, or when messages go to `onMessage`.
   */
  next(options?: NextOptions): Promise<Message<Body> | undefined>;

  /**
   * All messages until the subscription ends. Leaving the loop by `break`, `return` or `throw`
   * closes the subscription.
   *
   * @throws InvalidArgumentError when messages go to `onMessage`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<Body>>;

  /**
   * Ends the subscription, discards unread messages, and ends waiting reads. Resolves when Redis has
   * confirmed it, or cannot be reached. Calling it again does nothing.
   */
  close(): Promise<void>;

  /** The same as `close()`. */
  unsubscribe(): Promise<void>;
}
