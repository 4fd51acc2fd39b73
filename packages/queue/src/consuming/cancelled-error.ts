import { RedpostError } from '@redpost/core';

/** The message was cancelled, and is not delivered again. The call that rejects with this error changed nothing. */
export class CancelledError extends RedpostError {
  declare readonly code: 'CANCELLED';
  /** The id of the message. */
  readonly id: string;
  /** What was said when it was cancelled; may be empty. */
  readonly reason: string;

  constructor({ id, reason }: { id: string; reason: string }) {
    super(`The message ${id} was cancelled${reason === '' ? '' : `: ${reason}`}`, {
      code: 'CANCELLED',
    });
    this.name = 'CancelledError';
    this.id = id;
    this.reason = reason;
  }
}
