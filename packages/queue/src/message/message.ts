import { type Codec, validate } from '@redpost/core';
import { decodeSlice, type Slice } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { type Beginning, bodyOf, type Headers } from './envelope.js';

/** A message as it was sent. */
export interface Message<Body = unknown> {
  readonly id: string;
  readonly body: Body;
  readonly headers: Headers;
  /** What the message is about: see `SendOptions.key`. */
  readonly key: string | undefined;
  /** From 0 to 9: see `SendOptions.priority`. */
  readonly priority: number;
  /** By the producer's clock. Undefined for a bare payload. */
  readonly sentAt: Date | undefined;
  /** How often the message was delivered so far. */
  readonly attempt: number;
}

/**
 * Decodes and validates a body. Returns a promise only if the schema is asynchronous.
 *
 * @throws DecodeError, ValidationError.
 */
export function readBody<Body>(
  context: Pick<QueueContext<Body>, 'codec' | 'schema'>,
  slice: Slice,
): Body | Promise<Body> {
  const body = decodeSlice(context.codec, slice);
  if (!context.schema) return body as Body;
  return validate(context.schema, body);
}

/**
 * Decodes the body of an element, without reading its header.
 *
 * @throws DecodeError.
 */
export function decodeElement(codec: Codec, element: Slice, beginning: Beginning): unknown {
  // Nearly all messages come here, and a slice of the body alone would cost a twentieth of all that is done with one.
  const text = codec.decodeAscii && beginning !== 'bare' ? element.textAfter('\n') : undefined;
  if (text === undefined) return decodeSlice(codec, bodyOf(element, beginning));
  try {
    return codec.decodeAscii?.(text);
  } catch {
    return decodeSlice(codec, bodyOf(element, beginning));
  }
}

export function toDate(sentAt: number): Date | undefined {
  return sentAt === 0 ? undefined : new Date(sentAt);
}
