import {
  type Codec,
  type Connection,
  checkedConnection,
  checkedMaxMessageBytes,
  json,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  type Schema,
  wholeNumber,
} from '@redpost/core';
import { type ConsumeOptions, consumerOptions } from './consuming/consume-options.js';
import type { HistoryOptions } from './recording/history-options.js';
import { type Bound, checkedMaxLength, type MaxLength } from './sending/max-length.js';
import type { DeadLetterBounds } from './shape/dead-letter-bounds.js';

/** What a queue is made of, and the defaults of its consumers. */
export interface QueueOptions<Body, Input = Body> {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** How bodies become bytes: what is given, and what the schema, if any, is to check. Default `json()`. */
  codec?: Codec<NoInfer<Input>> | undefined;
  /**
   * Any Standard Schema. What is sent must fit it; what is received is what the schema makes of
   * it, and a message that does not fit becomes a dead letter.
   */
  schema?: Schema<Input, Body> | undefined;
  /** How results and progress become bytes, see `SendOptions.keepResultMs`. Default `json()`. */
  resultCodec?: Codec | undefined;
  /** The deadline of a send, in ms. Default: the connection's `callTimeoutMs`. */
  sendTimeoutMs?: number | undefined;
  /**
   * How large a message may be that is sent, in bytes, with its headers and what else goes along:
   * 1 to 512 MiB. Default 16 MiB. Of what is received, a consumer holds as many as it handles.
   */
  maxMessageBytes?: number | undefined;
  /**
   * How many messages may wait in the queue, and what this object's sends do when so many wait. It holds for this
   * object only: others, and other clients, send as they like. Default: no limit.
   */
  maxLength?: MaxLength | undefined;
  /**
   * How many dead letters the queue keeps, and for how long: the oldest ones above that are deleted. `{}` for the
   * defaults, 10 000 and 90 days; `'unbounded'` to keep all of them for ever again.
   *
   * It holds for the queue in Redis, so also for consumers that were made without this option, until another object
   * or `deadLetters.setBounds()` declares something else. It is written in the background as soon as the object is
   * made; a failure is told by the event `error`, and it is tried again until the queue is closed. Default: what was
   * declared before stays as it is; a queue for which nothing was declared keeps all dead letters.
   */
  deadLetters?: DeadLetterBounds | 'unbounded' | undefined;
  /**
   * Records each settled message, and for how long and how many are kept: see `history`. `'off'` to record nothing any more.
   * It holds for the queue in Redis, and is written in the background, as `deadLetters` is. Default: what was declared before.
   */
  history?: HistoryOptions | 'off' | undefined;
  /**
   * Into how many partitions the queue is divided if it is not divided yet: 1 to 128 lists, each in a Cluster slot of its own, so that
   * several masters share its work. Messages of one key go to one partition and keep their order; the order of others is that of
   * their partition. It holds for the queue in Redis: who is not given this option finds the partitions all the same. Default: as
   * it is.
   */
  partitions?: number | undefined;
  /** How many replicas must have a message before its send resolves, at least 0. Default 0. */
  replicas?: number | undefined;
  /**
   * Defaults of `consume`, and but for `concurrency` of `consumeBatch`; `receive` and `deliveries` take the lease,
   * order and attempts of it.
   */
  consume?: ConsumeOptions | undefined;
}

const optionNames: NamesOf<QueueOptions<unknown>> = {
  connection: true,
  codec: true,
  schema: true,
  resultCodec: true,
  sendTimeoutMs: true,
  maxMessageBytes: true,
  maxLength: true,
  deadLetters: true,
  history: true,
  partitions: true,
  replicas: true,
  consume: true,
};

/** What a queue is made of, with its defaults. What it declares in Redis is not part of it. */
export interface CheckedQueueOptions<Body, Input> {
  connection: Connection;
  codec: Codec<NoInfer<Input>>;
  schema: Schema<Input, Body> | undefined;
  resultCodec: Codec;
  sendTimeoutMs: number | undefined;
  maxMessageBytes: number;
  maxLength: Bound | undefined;
  replicas: number;
  consume: ConsumeOptions;
}

/** @throws InvalidArgumentError for options that cannot work. */
export function checkedQueueOptions<Body, Input>(
  options: QueueOptions<Body, Input>,
): CheckedQueueOptions<Body, Input> {
  const connection = checkedConnection('A queue', options);
  refuseUnknownOptions('A queue', options, optionNames);
  const { codec = json<Input>(), schema, resultCodec = json(), sendTimeoutMs } = options;
  const { maxLength, consume = {} } = options;
  if (sendTimeoutMs !== undefined) {
    wholeNumber('sendTimeoutMs', sendTimeoutMs, { min: 1, max: longestTimerMs });
  }
  consumerOptions(consume);
  return {
    ...{ connection, codec, schema, resultCodec, sendTimeoutMs, consume },
    maxMessageBytes: checkedMaxMessageBytes(options.maxMessageBytes),
    maxLength: maxLength === undefined ? undefined : checkedMaxLength(maxLength),
    replicas: wholeNumber('replicas', options.replicas ?? 0, { min: 0 }),
  };
}
