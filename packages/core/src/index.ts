/**
 * The connection to Redis, codecs, schemas, scripts and errors.
 *
 * @module @redpost/core
 */

export { type Backoff, type ExponentialOptions, exponential, fixed } from './backoff.js';
export { type BatchLimits, TickBatch } from './batch.js';
export { longestTimerMs, type NumberRange, shown, wholeNumber } from './check.js';
export { checkedConnection } from './checked-connection.js';
export { type Codec, type CodecBody, decodeBody, encodeBody } from './codec.js';
export { bytes } from './codecs/bytes.js';
export { json } from './codecs/json.js';
export { type Msgpackr, msgpack } from './codecs/msgpack.js';
export { text } from './codecs/text.js';
export { connect } from './connect.js';
export type {
  Argument,
  BlockingCommand,
  BlockOptions,
  CallOptions,
  Connection,
  ConnectionEvents,
  ConnectionStatus,
  ConnectionThread,
  RepeatOptions,
  Repetition,
  Reply,
  Subscriber,
  SubscriptionSocket,
  SubscriptionTarget,
  Unsubscribe,
} from './connection.js';
export { parseDuration } from './duration.js';
export { Emitter, type Unlisten } from './emitter.js';
export {
  asError,
  ClosedError,
  ConnectionError,
  DecodeError,
  EncodeError,
  InvalidArgumentError,
  isRedpostError,
  type KeyType,
  MessageTooLargeError,
  type MessageTooLargeErrorOptions,
  NotReplicatedError,
  type Outcome,
  OutOfMemoryError,
  RedpostError,
  type RedpostErrorOptions,
  ServerError,
  TimeoutError,
  ValidationError,
  type ValidationIssue,
  WrongTypeError,
  type WrongTypeErrorOptions,
} from './errors.js';
export type { ConnectOptions } from './ioredis/ioredis-connection.js';
export type { Credentials, CredentialsSource } from './ioredis/login.js';
export type { OwnClient } from './ioredis/own-client.js';
export type { ConnectionTarget } from './ioredis/target.js';
export { connectionOf, type KeyOwner } from './key-owner.js';
export { checkedMaxMessageBytes, refuseTooLarge } from './message-size.js';
export { checkedKeyName, checkedName, refuseForeignName } from './names.js';
export { type Complete, type NamesOf, refuseUnknownOptions, withDefaults } from './options.js';
export { type Schema, validate, type WithoutSchema, type WithSchema } from './schema.js';
export { defineScript, type Script, type ScriptCall } from './script.js';
export { SendOrder } from './send-order.js';
