import {
  type Codec,
  type Connection,
  encodeBody,
  refuseTooLarge,
  type Schema,
  validate,
} from '@redpost/core';
import { decodeSlice, type NameIndex, type Slice } from '@redpost/core/consuming';
import type { Generations } from './partitions/generations.js';
import type { TopicKeys } from './topic-keys.js';

/** What all parts of a topic share. */
export interface TopicContext<Body = unknown> {
  readonly name: string;
  readonly connection: Connection;
  readonly keys: TopicKeys;
  /** The index of all topics. */
  readonly index: NameIndex;
  /** The partitions that the topic has and had. */
  readonly generations: Generations;
  readonly codec: Codec;
  readonly schema: Schema<unknown, Body> | undefined;
  readonly maxMessageBytes: number;
}

/**
 * Decodes and validates a body. Returns a promise only if the schema is asynchronous.
 *
 * @throws DecodeError, ValidationError.
 */
export function readBody<Body>(context: TopicContext<Body>, slice: Slice): Body | Promise<Body> {
  const body = decodeSlice(context.codec, slice);
  if (!context.schema) return body as Body;
  return validate(context.schema, body);
}

/**
 * Encodes a body as it was given. The schema checks it, but the result of the schema is only used by readers. Returns a
 * promise only if the schema is asynchronous.
 *
 * @throws EncodeError, MessageTooLargeError, ValidationError.
 */
export function writeBody(
  { codec, schema, maxMessageBytes }: TopicContext,
  body: unknown,
): string | Buffer | Promise<string | Buffer> {
  const encoded = encodeBody(codec, body);
  const bytes = typeof encoded === 'string' ? encoded : toBuffer(encoded);
  refuseTooLarge(bytes, maxMessageBytes);
  const valid = schema && validate(schema, body);
  return valid instanceof Promise ? valid.then(() => bytes) : bytes;
}

function toBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
