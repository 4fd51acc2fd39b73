import { decodeBody, validate } from '@redpost/core';
import type { QueueContext } from './context.js';
import type { Headers } from './envelope.js';

/** What was sent. */
export interface Message<Body = unknown> {
  readonly id: string;
  readonly body: Body;
  readonly headers: Headers;
  /** By the producer's clock. Undefined for a bare payload. */
  readonly sentAt: Date | undefined;
  /** How often it has been delivered so far. */
  readonly attempt: number;
}

/**
 * A body, decoded and validated: a promise only if the schema is asynchronous.
 *
 * @throws DecodeError, ValidationError.
 */
export function readBody<Body>(context: QueueContext<Body>, bytes: Buffer): Body | Promise<Body> {
  const body = decodeBody(context.codec, bytes);
  if (!context.schema) return body as Body;
  return validate(context.schema, body);
}

export function toDate(sentAt: number): Date | undefined {
  return sentAt === 0 ? undefined : new Date(sentAt);
}
