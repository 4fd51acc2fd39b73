/**
 * The connection to Redis, codecs, schemas, scripts and errors.
 *
 * @module @redpost/core
 */

export { type Backoff, type ExponentialOptions, exponential, fixed } from './backoff.js';
export { bytes } from './codecs/bytes.js';
export { type Codec, type CodecBody, decodeBody, encodeBody } from './codecs/codec.js';
export { decodeOnly } from './codecs/decode-only.js';
export { json } from './codecs/json.js';
export { checkedMaxMessageBytes, refuseTooLarge } from './codecs/message-size.js';
export { type Msgpackr, msgpack } from './codecs/msgpack.js';
export { type Schema, validate, type WithoutSchema, type WithSchema } from './codecs/schema.js';
export { Slice } from './codecs/slice.js';
export { text } from './codecs/text.js';
export { checkedConnection } from './connection/checked-connection.js';
export { connect } from './connection/connect.js';
export type { ConnectOptions } from './connection/connect-options.js';
export type {
  BlockingCommand,
  BlockOptions,
  CallOptions,
  Connection,
  ConnectionEvents,
  ConnectionStatus,
  ConnectionThread,
  RepeatOptions,
  Repetition,
  Subscriber,
  SubscriptionSocket,
  SubscriptionTarget,
  Unsubscribe,
} from './connection/connection.js';
export { connectionOf, type KeyOwner } from './connection/key-owner.js';
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
export type { Credentials, CredentialsSource } from './ioredis/login.js';
export type { OwnClient } from './ioredis/own-client.js';
export type { ConnectionTarget } from './ioredis/target.js';
export { observe } from './observe/observation.js';
export type {
  Destination,
  HandleOperation,
  HandlingTimes,
  ObservedMessage,
  Observer,
  ReceivedTogether,
  ReceiveOperation,
  SendOperation,
  SentBatch,
  SettledAs,
  SettledBatch,
  SettledTimes,
} from './observe/observer.js';
export { longestTimerMs, type NumberRange, shown, wholeNumber } from './options/check.js';
export { parseDuration } from './options/duration.js';
export { checkedKeyName, checkedName, isForeignName, refuseForeignName } from './options/names.js';
export {
  type Complete,
  type NamesOf,
  refuseUnknownOptions,
  withDefaults,
} from './options/options.js';
export type { NamedUse } from './registry/name-index.js';
export type { ConsumerInfo, Registration } from './registry/registration.js';
export type { Argument, Reply } from './replies.js';
export { Emitter, type Unlisten } from './runtime/emitter.js';
export type { ScriptPart } from './script/part.js';
export {
  defineScript,
  type Script,
  type ScriptCall,
  type ScriptDefinition,
} from './script/script.js';
export { type BatchLimits, TickBatch, unlimited } from './sending/batch.js';
export { SendOrder } from './sending/send-order.js';
