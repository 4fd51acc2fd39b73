import { decodeBody, RedpostError } from '@redpost/core';
import { ExpiredError } from '@redpost/core/consuming';
import { CancelledError } from '../consuming/cancelled-error.js';
import type { QueueContext } from '../context.js';
import type { ResultFields } from '../scripts/await-results.js';
import { parseFailure } from './failure-json.js';

/** How a message is, or how it has ended. */
export interface MessageResult<Value = unknown> {
  /**
   * - `pending`, `active`, `delayed`: it is not through.
   * - `done`: it was acknowledged.
   * - `dead`: it has become a dead letter.
   * - `expired`: its time to live was over before it was handled.
   * - `cancelled`: by `cancel()`.
   */
  readonly state: 'pending' | 'active' | 'delayed' | 'done' | 'dead' | 'expired' | 'cancelled';
  /** What its handler has returned, if it is `done`. */
  readonly value?: Value | undefined;
  /** Why it is `dead`, `expired` or `cancelled`. */
  readonly error?: HandlerError | ExpiredError | CancelledError | undefined;
  /** How many attempts there were, with the one that goes on. */
  readonly attempt: number;
  /** What `delivery.progress()` has reported last. */
  readonly progress?: unknown;
}

/** What a {@link HandlerError} says. */
export interface HandlerErrorOptions {
  remoteName: string;
  remoteCode: string | undefined;
  /** The stack of the error that the handler has thrown; '' if it is not known. */
  remoteStack: string;
}

/**
 * The handler of a message has failed at every attempt, or has dead-lettered it. The stack begins with the lines of the
 * handler's error, at most about 2 KB of them, and goes on with those of who asked for the result.
 */
export class HandlerError extends RedpostError {
  declare readonly code: 'HANDLER';
  /** The name of the error that the handler has thrown, e.g. `'TypeError'`. */
  readonly remoteName: string;
  /** The code of that error, if it had one. */
  readonly remoteCode: string | undefined;

  constructor(message: string, { remoteName, remoteCode, remoteStack }: HandlerErrorOptions) {
    super(message, { code: 'HANDLER' });
    this.name = 'HandlerError';
    this.remoteName = remoteName;
    this.remoteCode = remoteCode;
    const lines = [...framesOf(remoteStack), ...framesOf(this.stack)];
    this.stack = [`${this.name}: ${message}`, ...lines].join('\n');
  }
}

/** The lines of a stack that say where it was. */
function framesOf(stack = ''): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line));
}

/** @throws DecodeError for bytes that the codec of the results cannot read. */
export function resultOf<Value>(
  { resultCodec }: Pick<QueueContext, 'resultCodec'>,
  id: string,
  fields: ResultFields,
): MessageResult<Value> {
  const { attempt, value, progress } = fields;
  const decode = (bytes: Buffer | undefined) => bytes && decodeBody(resultCodec, bytes);
  const state = (fields.state ?? 'active') as MessageResult['state'];
  const last = decode(progress);
  if (state === 'done') return { state, attempt, progress: last, value: decode(value) as Value };
  const error = errorOf(id, fields);
  return error ? { state, attempt, progress: last, error } : { state, attempt, progress: last };
}

function errorOf(id: string, { state, error }: ResultFields): MessageResult['error'] {
  if (state === 'expired') return new ExpiredError({ kind: 'message', id });
  const { name, message, code, stack = '' } = parseFailure(error);
  if (state === 'cancelled') return new CancelledError({ id, reason: message });
  if (state !== 'dead') return undefined;
  return new HandlerError(message, { remoteName: name, remoteCode: code, remoteStack: stack });
}
