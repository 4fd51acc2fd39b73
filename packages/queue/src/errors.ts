import { RedpostError } from '@redpost/core';

/**
 * The consumer's lease had run out, so the message is no longer its own: it was given to another
 * consumer, or will be. What was asked for changed nothing.
 */
export class LeaseLostError extends RedpostError {
  declare readonly code: 'LEASE_LOST';
  /** The id of the message. */
  readonly messageId: string;

  constructor(messageId: string) {
    super(
      `The lease of message ${messageId} was lost: its consumer was not heard of for longer than leaseMs. ` +
        'It is delivered again, so its handler must bear being run twice',
      { code: 'LEASE_LOST' },
    );
    this.name = 'LeaseLostError';
    this.messageId = messageId;
  }
}

/** A delivery was settled (acknowledged, retried or dead-lettered) before. */
export class AlreadySettledError extends RedpostError {
  declare readonly code: 'ALREADY_SETTLED';

  constructor(messageId: string) {
    super(`The delivery of message ${messageId} was settled before`, { code: 'ALREADY_SETTLED' });
    this.name = 'AlreadySettledError';
  }
}

/** The message expired before it could be handled. */
export class ExpiredError extends RedpostError {
  declare readonly code: 'EXPIRED';

  constructor(messageId: string) {
    super(`Message ${messageId} expired before it was handled`, { code: 'EXPIRED' });
    this.name = 'ExpiredError';
  }
}
