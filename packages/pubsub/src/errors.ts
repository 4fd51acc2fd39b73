import { isRedpostError, RedpostError } from '@redpost/core';

/** Messages came faster than they were read, and some were dropped. */
export class OverflowError extends RedpostError {
  declare readonly code: 'OVERFLOW';
  /** How many were dropped since this was last reported. */
  readonly dropped: number;

  constructor(message: string, options: { dropped: number }) {
    super(message, { code: 'OVERFLOW' });
    this.name = 'OverflowError';
    this.dropped = options.dropped;
  }
}

/** Messages were published that did not arrive here, e.g. because the connection was lost. */
export class GapError extends RedpostError {
  declare readonly code: 'GAP';
  readonly channel: string;
  /** How many messages did not arrive. */
  readonly missed: number;

  constructor(message: string, options: { channel: string; missed: number }) {
    super(message, { code: 'GAP' });
    this.name = 'GapError';
    this.channel = options.channel;
    this.missed = options.missed;
  }
}

/** Only one of the subscriber and the publisher is `sequenced`. */
export class SequencedMismatchError extends RedpostError {
  declare readonly code: 'SEQUENCED_MISMATCH';
  readonly channel: string;

  constructor(options: { channel: string; subscriberIsSequenced: boolean }) {
    const { channel, subscriberIsSequenced } = options;
    const what = subscriberIsSequenced
      ? 'have no number: this subscriber is sequenced and their publisher is not, so missing messages go unnoticed'
      : 'begin with a number: their publisher is sequenced and this subscriber is not';
    super(
      `Messages of channel ${channel} ${what}. Set sequenced: true on both PubSubs or on neither`,
      { code: 'SEQUENCED_MISMATCH' },
    );
    this.name = 'SequencedMismatchError';
    this.channel = channel;
  }
}

/** The server is too old for the requested feature. */
export class UnsupportedError extends RedpostError {
  declare readonly code: 'UNSUPPORTED';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'UNSUPPORTED', ...options });
    this.name = 'UnsupportedError';
  }
}

/** A request found no responder on its channel. */
export class NoResponderError extends RedpostError {
  declare readonly code: 'NO_RESPONDER';

  constructor(message: string) {
    super(message, { code: 'NO_RESPONDER', retryable: true });
    this.name = 'NoResponderError';
  }
}

/** The handler of a responder failed. */
export class ResponderError extends RedpostError {
  declare readonly code: 'RESPONDER';
  /** The name of the error at the responder, e.g. `'TypeError'`. */
  readonly remoteName: string;

  constructor(message: string, options: { remoteName: string }) {
    super(message, { code: 'RESPONDER' });
    this.name = 'ResponderError';
    this.remoteName = options.remoteName;
  }
}

/** The error itself, or an `UnsupportedError` if the server does not know sharded Pub/Sub. */
export function refusedIfUnsupported(command: string, error: unknown): unknown {
  const isUnknown = isRedpostError(error, 'SERVER') && /unknown.*command/i.test(error.message);
  if (!isUnknown || !/^S(PUBLISH|SUBSCRIBE)$/.test(command)) return error;
  const message = `Redis has no ${command}: sharded channels need Redis 7.0 or Valkey`;
  return new UnsupportedError(message, { cause: error });
}
