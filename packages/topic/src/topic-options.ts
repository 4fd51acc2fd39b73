import {
  type Codec,
  type Complete,
  type Connection,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  type Schema,
  shown,
  wholeNumber,
} from '@redpost/core';

/**
 * How long records are kept. Every publisher with these options applies them. Only whole nodes of the stream are removed,
 * so up to 100 records more than the limits allow remain.
 */
export interface Retention {
  /** How many records a partition keeps, at least 1. Default: all. */
  maxLength?: number | undefined;
  /** How old records may become, in ms, at least 1, by the server's clock. Default: any age. */
  maxAgeMs?: number | undefined;
  /**
   * With true, the limits never remove a record that some group has not acknowledged, and no record at all while there
   * are no groups. If there are no other limits, all acknowledged records are removed. `hardMaxLength` is the length of a
   * partition above which unacknowledged records are removed, too. Default false: the limits also remove unacknowledged
   * records. These are counted, and reported by the event `cut`.
   */
  whenAcknowledged?: boolean | { hardMaxLength: number } | undefined;
}

/** How a second publish of the same `id` is detected (idempotent publishing). */
export interface Deduplication {
  /** How long an id is remembered at least, in ms, at least 1. Default 120 000. */
  windowMs?: number | undefined;
  /** How many ids are remembered per window and partition at most, at least 1. Default 100 000. */
  maxIds?: number | undefined;
}

/** The options of a topic. All programs that use the topic must agree on the codec. */
export interface TopicOptions<Body, Input = Body> {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** How bodies are encoded as bytes. The schema, if any, checks decoded bodies. Default `json()`. */
  codec?: Codec<NoInfer<Input>> | undefined;
  /**
   * Any Standard Schema. Published bodies must fit it, and readers get the result of the schema.
   */
  schema?: Schema<Input, Body> | undefined;
  /** How many records are kept, and for how long. Default: all of them, for ever. */
  retention?: Retention | undefined;
  /** How long the ids of records are remembered, and how many. */
  deduplication?: Deduplication | undefined;
  /**
   * How many partitions a new topic has, 1 to 1024. With partitions, records of the same key are
   * handled in order and one at a time within a group, and each partition belongs to one member of
   * the group at a time. All programs that use the topic must have the same number, until it is
   * changed by `partitions.set()`: from then on, what is stored in Redis counts, whatever they
   * have. Default: none, and all members of a group share one stream without an order.
   */
  partitions?: number | undefined;
  /** How large a body may be, and the headers, in bytes: 1 to 512 MiB. Default 16 MiB. */
  maxMessageBytes?: number | undefined;
  /** How many replicas must have a record before its publish resolves, at least 0. Default 0. */
  replicas?: number | undefined;
  /** The deadline of a publish, in ms. Default: the connection's `callTimeoutMs`. */
  publishTimeoutMs?: number | undefined;
}

export const topicOptionNames: NamesOf<TopicOptions<unknown>> = {
  connection: true,
  codec: true,
  schema: true,
  retention: true,
  deduplication: true,
  partitions: true,
  maxMessageBytes: true,
  replicas: true,
  publishTimeoutMs: true,
};

const retentionNames: NamesOf<Retention> = {
  maxLength: true,
  maxAgeMs: true,
  whenAcknowledged: true,
};

const deduplicationNames: NamesOf<Deduplication> = { windowMs: true, maxIds: true };

export interface CheckedRetention {
  maxLength: number;
  maxAgeMs: number;
  onlyAcknowledged: boolean;
  hardMaxLength: number;
}

const longestMs = 100 * 365 * 86_400_000;

/** Undefined when all records are kept. @throws InvalidArgumentError for a limit that cannot work. */
export function checkedRetention(retention: Retention = {}): CheckedRetention | undefined {
  refuseUnknownOptions('retention', retention, retentionNames);
  const { maxLength, maxAgeMs, whenAcknowledged = false } = retention;
  if (maxLength !== undefined) wholeNumber('retention.maxLength', maxLength, { min: 1 });
  if (maxAgeMs !== undefined) {
    wholeNumber('retention.maxAgeMs', maxAgeMs, { min: 1, max: longestMs });
  }
  const checked = {
    maxLength: maxLength ?? 0,
    maxAgeMs: maxAgeMs ?? 0,
    onlyAcknowledged: whenAcknowledged !== false,
    hardMaxLength: hardMaxLengthOf(whenAcknowledged),
  };
  return checked.maxLength || checked.maxAgeMs || checked.onlyAcknowledged ? checked : undefined;
}

export function checkedDeduplication(options: Deduplication = {}): Complete<Deduplication> {
  refuseUnknownOptions('deduplication', options, deduplicationNames);
  const { windowMs = 120_000, maxIds = 100_000 } = options;
  return {
    windowMs: wholeNumber('deduplication.windowMs', windowMs, { min: 1, max: longestMs }),
    maxIds: wholeNumber('deduplication.maxIds', maxIds, { min: 1 }),
  };
}

export function checkedPartitions(partitions: number | undefined): number | undefined {
  if (partitions === undefined) return undefined;
  return wholeNumber('partitions', partitions, { min: 1, max: 1024 });
}

export function checkedTimeout(name: string, ms: number | undefined): number | undefined {
  if (ms === undefined) return undefined;
  return wholeNumber(name, ms, { min: 1, max: longestTimerMs });
}

function hardMaxLengthOf(whenAcknowledged: unknown): number {
  if (typeof whenAcknowledged === 'boolean') return 0;
  const hardMaxLength = (whenAcknowledged as { hardMaxLength?: unknown } | null)?.hardMaxLength;
  if (hardMaxLength === undefined) {
    throw new InvalidArgumentError(
      `retention.whenAcknowledged is true, false or { hardMaxLength }, got ${shown(whenAcknowledged)}`,
    );
  }
  refuseUnknownOptions('retention.whenAcknowledged', whenAcknowledged as object, {
    hardMaxLength: true,
  });
  return wholeNumber('retention.whenAcknowledged.hardMaxLength', hardMaxLength, { min: 1 });
}
