import type { Codec, Connection, Schema } from '@redpost/core';
import type { NameIndex } from '@redpost/core/consuming';
import type { FirstUse } from './foreign/first-use.js';
import type { QueueKeys } from './keys.js';

/** What all parts of a queue share. */
export interface QueueContext<Body = unknown> {
  readonly name: string;
  readonly connection: Connection;
  readonly keys: QueueKeys;
  /** What is asked before anything is sent or taken. */
  readonly firstUse: FirstUse;
  /** The index of all queues. */
  readonly index: NameIndex;
  readonly codec: Codec;
  readonly schema: Schema<unknown, Body> | undefined;
  /** How results and progress become bytes. */
  readonly resultCodec: Codec;
  /** How large a message, a result or a progress may be, in bytes. */
  readonly maxMessageBytes: number;
}

/** The end of the list that consumers take from. Producers push on the left. */
export type ConsumedEnd = 'LEFT' | 'RIGHT';
