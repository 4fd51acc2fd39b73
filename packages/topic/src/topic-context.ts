import {
  type Codec,
  type Connection,
  decodeBody,
  encodeBody,
  refuseTooLarge,
  type Schema,
  validate,
} from '@redpost/core';
import type { TopicFacts } from './topic-facts.js';
import type { TopicKeys } from './topic-keys.js';

/** What every part of a topic needs to know of it. */
export interface TopicContext<Body = unknown> {
  readonly name: string;
  readonly connection: Connection;
  readonly keys: TopicKeys;
  readonly facts: TopicFacts;
  readonly codec: Codec;
  readonly schema: Schema<unknown, Body> | undefined;
  readonly maxMessageBytes: number;
}

/**
 * A body, decoded and validated: a promise only if the schema is asynchronous.
 *
 * @param packed its bytes, and if it is known to be ASCII its text.
 * @throws DecodeError, ValidationError.
 */
export function readBody<Body>(
  context: TopicContext<Body>,
  packed: { bytes: Buffer; text?: string | undefined },
): Body | Promise<Body> {
  const body = decode(context.codec, packed);
  if (!context.schema) return body as Body;
  return validate(context.schema, body);
}

function decode(codec: Codec, packed: { bytes: Buffer; text?: string | undefined }): unknown {
  const text = codec.decodeAscii && packed.text;
  if (text === undefined) return decodeBody(codec, packed.bytes);
  try {
    return codec.decodeAscii?.(text);
  } catch {
    // It throws again, and then the error keeps the bytes.
    return decodeBody(codec, packed.bytes);
  }
}

/**
 * The bytes of a body, as it was given: what the schema makes of it is for those who read it. A
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
