import { longestTimerMs, RedpostError, wholeNumber } from '@redpost/core';

/** @throws InvalidArgumentError for a time that cannot be a deadline. */
export function checkTimeoutMs(timeoutMs: number): number {
  return wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
}

/**
 * A handler had a message for longer than `timeoutMs`, so this attempt has failed. The call that rejects with this error
 * changed nothing.
 */
export class AttemptTimeoutError extends RedpostError {
  declare readonly code: 'ATTEMPT_TIMEOUT';
  /** The id of the message. */
  readonly id: string;
  readonly timeoutMs: number;

  constructor({ id, timeoutMs }: { id: string; timeoutMs: number }) {
    super(`The handler had the message ${id} for longer than ${timeoutMs} ms (timeoutMs)`, {
      code: 'ATTEMPT_TIMEOUT',
    });
    this.name = 'AttemptTimeoutError';
    this.id = id;
    this.timeoutMs = timeoutMs;
  }
}
