import { RedpostError } from '@redpost/core';

/** What a {@link PauseUnconfirmedError} says. */
export interface PauseUnconfirmedErrorOptions {
  queue: string;
  consumers: readonly string[];
  timeoutMs: number;
}

/**
 * The queue is paused, but not all of its consumers have confirmed that in time: they may yet start messages that
 * they had taken before. Another call of `pause()` waits for them once more.
 */
export class PauseUnconfirmedError extends RedpostError {
  declare readonly code: 'PAUSE_UNCONFIRMED';
  /** The consumers that have not confirmed it, by their names in Redis. */
  readonly consumers: readonly string[];

  constructor({ queue, consumers, timeoutMs }: PauseUnconfirmedErrorOptions) {
    const who = consumers.length === 1 ? '1 consumer has' : `${consumers.length} consumers have`;
    super(
      `The queue ${JSON.stringify(queue)} is paused, but ${who} not confirmed that within ${timeoutMs} ms: ` +
        'it cannot be reached, or its event loop is blocked. It takes nothing more, but it may start messages that ' +
        'it had taken before, until its lease runs out. Call pause() again to wait once more',
      { code: 'PAUSE_UNCONFIRMED', retryable: true },
    );
    this.name = 'PauseUnconfirmedError';
    this.consumers = consumers;
  }
}
