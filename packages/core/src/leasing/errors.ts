import { RedpostError } from '../errors.js';

/** The message or record that an error names, by its id or its offset. */
export interface Delivered {
  kind: 'message' | 'record';
  id: string;
}

/**
 * The lease of the consumer had run out, so the message is delivered again, perhaps to another consumer. The call that
 * rejects with this error changed nothing.
 */
export class LeaseLostError extends RedpostError {
  declare readonly code: 'LEASE_LOST';
  /** The id of the message, or the offset of the record. */
  readonly id: string;

  constructor({ kind, id }: Delivered) {
    super(
      `The lease of ${kind} ${id} was lost: its consumer did not renew it for longer than leaseMs. ` +
        'It is delivered again, so its handler must be idempotent',
      { code: 'LEASE_LOST' },
    );
    this.name = 'LeaseLostError';
    this.id = id;
  }
}

/**
 * The consumer was stopped before the handler had finished, so the message was returned without counting an attempt, and
 * is delivered again. The call that rejects with this error changed nothing.
 */
export class ReturnedError extends RedpostError {
  declare readonly code: 'RETURNED';
  /** The id of the message, or the offset of the record. */
  readonly id: string;

  constructor({ kind, id }: Delivered) {
    super(
      `The ${kind} ${id} was returned, because its consumer was stopped before its handler had ` +
        'finished. It is delivered again. Give stop() a longer timeoutMs, or end the work when ' +
        'delivery.signal is aborted',
      { code: 'RETURNED' },
    );
    this.name = 'ReturnedError';
    this.id = id;
  }
}

/** A delivery was settled (acknowledged, retried or dead-lettered) before. */
export class AlreadySettledError extends RedpostError {
  declare readonly code: 'ALREADY_SETTLED';
  /** The id of the message, or the offset of the record. */
  readonly id: string;

  constructor({ kind, id }: Delivered) {
    super(`The delivery of ${kind} ${id} was settled before`, { code: 'ALREADY_SETTLED' });
    this.name = 'AlreadySettledError';
    this.id = id;
  }
}

/** A message expired before it could be handled. */
export class ExpiredError extends RedpostError {
  declare readonly code: 'EXPIRED';

  constructor({ kind, id }: Delivered) {
    super(`The ${kind} ${id} expired before it was handled`, { code: 'EXPIRED' });
    this.name = 'ExpiredError';
  }
}
