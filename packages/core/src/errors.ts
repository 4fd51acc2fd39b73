import { isError, messageOf } from './error-text.js';

const marker: unique symbol = Symbol.for('redpost.error');

/** Whether the command of a failed call was executed. */
export type Outcome =
  /** The server has not executed it, and never will. */
  | 'not-executed'
  /** It may have been executed: the answer did not arrive. */
  | 'unknown';

/** The options of every redpost error. */
export interface RedpostErrorOptions {
  /** A stable name for programs, e.g. `'TIMEOUT'`. */
  code: string;
  /** True when the same call may succeed later, unchanged. Default false. */
  retryable?: boolean | undefined;
  cause?: unknown;
}

/**
 * The base of every error that redpost throws.
 *
 * Recognise one with {@link isRedpostError} rather than `instanceof`: that also holds when two
 * copies of the package are installed.
 */
export class RedpostError extends Error {
  /** A stable name for programs, e.g. `'TIMEOUT'`. */
  readonly code: string;
  /** True when the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** @internal */
  readonly [marker] = true;

  constructor(message: string, options: RedpostErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RedpostError';
    this.code = options.code;
    this.retryable = options.retryable ?? false;
  }
}

/** The errors of this package by their codes. */
interface ErrorsByCode {
  INVALID_ARGUMENT: InvalidArgumentError;
  CONNECTION: ConnectionError;
  TIMEOUT: TimeoutError;
  CLOSED: ClosedError;
  SERVER: ServerError;
  OUT_OF_MEMORY: OutOfMemoryError;
  NOT_REPLICATED: NotReplicatedError;
  ENCODE: EncodeError;
  DECODE: DecodeError;
  MESSAGE_TOO_LARGE: MessageTooLargeError;
  VALIDATION: ValidationError;
}

/**
 * True for a redpost error, from any copy of the package. Never throws.
 *
 * @param code if given, true only for an error with this code.
 */
export function isRedpostError<Code extends keyof ErrorsByCode>(
  error: unknown,
  code: Code,
): error is ErrorsByCode[Code];
export function isRedpostError(error: unknown, code?: string): error is RedpostError;
export function isRedpostError(error: unknown, code?: string): error is RedpostError {
  try {
    if (typeof error !== 'object' || error === null || !(marker in error)) return false;
    return code === undefined || (error as RedpostError).code === code;
  } catch {
    // A revoked proxy, say.
    return false;
  }
}

/** An option, a name or an argument that cannot work. Nothing was sent. */
export class InvalidArgumentError extends RedpostError {
  declare readonly code: 'INVALID_ARGUMENT';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'INVALID_ARGUMENT', ...options });
    this.name = 'InvalidArgumentError';
  }
}

/** Redis could not be reached, or the connection broke before the answer came. */
export class ConnectionError extends RedpostError {
  declare readonly code: 'CONNECTION';
  readonly outcome: Outcome;

  constructor(
    message: string,
    options: { outcome: Outcome; retryable?: boolean; cause?: unknown },
  ) {
    const { retryable = true, cause } = options;
    super(message, { code: 'CONNECTION', retryable, cause });
    this.name = 'ConnectionError';
    this.outcome = options.outcome;
  }
}

/** The deadline of a call passed. */
export class TimeoutError extends RedpostError {
  declare readonly code: 'TIMEOUT';
  readonly outcome: Outcome;

  constructor(message: string, options: { outcome: Outcome; cause?: unknown }) {
    super(message, { code: 'TIMEOUT', retryable: true, cause: options.cause });
    this.name = 'TimeoutError';
    this.outcome = options.outcome;
  }
}

/** The object was closed, so nothing more can be done with it. */
export class ClosedError extends RedpostError {
  declare readonly code: 'CLOSED';
  readonly outcome: Outcome;

  constructor(message: string, options: { outcome?: Outcome; cause?: unknown } = {}) {
    super(message, { code: 'CLOSED', cause: options.cause });
    this.name = 'ClosedError';
    this.outcome = options.outcome ?? 'not-executed';
  }
}

/** Redis answered with an error, e.g. `WRONGTYPE` or `NOPERM`. */
export class ServerError extends RedpostError {
  declare readonly code: 'SERVER';
  /** The first word of the answer, e.g. `'WRONGTYPE'`. */
  readonly reply: string;
  /** `'unknown'` for an error from inside a script: earlier writes of the script remain. */
  readonly outcome: Outcome;

  constructor(
    message: string,
    options: { reply: string; outcome?: Outcome; retryable?: boolean; cause?: unknown },
  ) {
    super(message, { code: 'SERVER', retryable: options.retryable ?? false, cause: options.cause });
    this.name = 'ServerError';
    this.reply = options.reply;
    this.outcome = options.outcome ?? 'not-executed';
  }
}

/** The type of a key in Redis, as the command `TYPE` returns it. */
export type KeyType = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream';

/** The options of a {@link WrongTypeError}. */
export interface WrongTypeErrorOptions {
  /** The kind of object that uses the key, e.g. `'queue'`. */
  kind: string;
  /** The name of that queue, topic or list. */
  owner: string;
  key: string;
  database: number;
  /** Where Redis is, without a password. */
  address: string;
  expected: KeyType;
  /** Undefined when the user may not call `TYPE`. */
  found: string | undefined;
  outcome: Outcome;
  cause?: unknown;
}

/**
 * A key of a queue, a list or a topic has another type: it belongs to another program, or to a queue or topic
 * of the same name. The key is not changed until you move or delete it.
 */
export class WrongTypeError extends RedpostError {
  declare readonly code: 'WRONG_TYPE';
  /** The key in Redis. */
  readonly key: string;
  /** The number of the database that the key is in. */
  readonly database: number;
  /** The type that the key has to have. */
  readonly expected: KeyType;
  /** The type that it has, as `TYPE` returns it; undefined when the user may not call `TYPE`. */
  readonly found: string | undefined;
  readonly outcome: Outcome;

  constructor(options: WrongTypeErrorOptions) {
    const { kind, owner, key, database, address, expected, found } = options;
    super(
      `The ${kind} ${JSON.stringify(owner)} cannot be used: its key ${JSON.stringify(key)} in ` +
        `database ${database} of Redis at ${address} holds ` +
        `${found === undefined ? `another type than a ${expected}` : `a ${found}, not a ${expected}`}. ` +
        `Give the ${kind} another name or database, or rename or delete this key`,
      { code: 'WRONG_TYPE', cause: options.cause },
    );
    this.name = 'WrongTypeError';
    this.key = key;
    this.database = database;
    this.expected = expected;
    this.found = found;
    this.outcome = options.outcome;
  }
}

/** Redis has reached its `maxmemory` and refuses new data. Nothing was changed. */
export class OutOfMemoryError extends RedpostError {
  declare readonly code: 'OUT_OF_MEMORY';
  readonly outcome = 'not-executed' satisfies Outcome;

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'OUT_OF_MEMORY', retryable: true, ...options });
    this.name = 'OutOfMemoryError';
  }
}

/**
 * A write was executed, but fewer replicas than requested have confirmed it in time. It is lost if the master
 * fails before it has replicated the write. Repeating the call repeats the write.
 */
export class NotReplicatedError extends RedpostError {
  declare readonly code: 'NOT_REPLICATED';
  readonly outcome = 'unknown' satisfies Outcome;
  /** How many replicas were requested. */
  readonly replicas: number;
  /** How many replicas have confirmed it. */
  readonly confirmed: number;

  constructor(message: string, options: { replicas: number; confirmed: number; cause?: unknown }) {
    super(message, { code: 'NOT_REPLICATED', retryable: true, cause: options.cause });
    this.name = 'NotReplicatedError';
    this.replicas = options.replicas;
    this.confirmed = options.confirmed;
  }
}

/** A body could not be encoded. */
export class EncodeError extends RedpostError {
  declare readonly code: 'ENCODE';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'ENCODE', ...options });
    this.name = 'EncodeError';
  }
}

/** The options of a {@link MessageTooLargeError}. */
export interface MessageTooLargeErrorOptions {
  bytes: number;
  maxBytes: number | undefined;
  /** The server with the limit and its answer, if the limit is not `maxMessageBytes`. */
  server?: { address: string; said: string } | undefined;
  cause?: unknown;
}

/**
 * A message is larger than `maxMessageBytes`, or than the Redis server accepts (`proto-max-bulk-len`,
 * `client-query-buffer-limit`). It was not stored.
 */
export class MessageTooLargeError extends RedpostError {
  declare readonly code: 'MESSAGE_TOO_LARGE';
  readonly outcome = 'not-executed' satisfies Outcome;
  readonly bytes: number;
  /** The limit in bytes; undefined if the limit of the server is not known. */
  readonly maxBytes: number | undefined;

  constructor({ bytes, maxBytes, server, cause }: MessageTooLargeErrorOptions) {
    super(
      server
        ? `Redis at ${server.address} accepts no message of ${bytes} bytes: ${server.said}. Send a reference to the data ` +
            'instead, lower maxMessageBytes, or raise proto-max-bulk-len and client-query-buffer-limit'
        : `The message has ${bytes} bytes, and the limit is ${maxBytes}: send a reference to the data instead, or raise maxMessageBytes`,
      { code: 'MESSAGE_TOO_LARGE', cause },
    );
    this.name = 'MessageTooLargeError';
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** The codec could not decode bytes from Redis. */
export class DecodeError extends RedpostError {
  declare readonly code: 'DECODE';
  /** The bytes that could not be decoded, so that nothing is lost. */
  readonly bytes: Buffer | undefined;

  constructor(message: string, options: { bytes?: Buffer; cause?: unknown } = {}) {
    super(message, { code: 'DECODE', cause: options.cause });
    this.name = 'DecodeError';
    this.bytes = options.bytes;
  }
}

/** One error in a body, as reported by its schema. */
export interface ValidationIssue {
  readonly message: string;
  /** Where in the body, e.g. `'items.0.price'`; empty for the body itself. */
  readonly path: string;
}

/** A body does not fit its schema. */
export class ValidationError extends RedpostError {
  declare readonly code: 'VALIDATION';
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, options: { issues: readonly ValidationIssue[]; cause?: unknown }) {
    super(message, { code: 'VALIDATION', cause: options.cause });
    this.name = 'ValidationError';
    this.issues = options.issues;
  }
}

/** Any thrown value as an `Error` with a readable name and message. Never throws. */
export function asError(thrown: unknown): Error {
  return isReadable(thrown) ? thrown : new Error(messageOf(thrown), { cause: thrown });
}

function isReadable(thrown: unknown): thrown is Error {
  try {
    const isText = (text: unknown) => typeof text === 'string';
    return isError(thrown) && isText(thrown.message) && isText(thrown.name);
  } catch {
    return false;
  }
}
