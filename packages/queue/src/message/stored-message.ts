import { withShortJson } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { asBare, decodeEnvelope, type Envelope, type Headers } from './envelope.js';
import { readBody, toDate } from './message.js';
import { Slice } from './slice.js';

/** A message as it lies in Redis, readable or not. */
export interface StoredMessage<Body = unknown> {
  /** Undefined for a bare payload that was not delivered yet. */
  readonly id: string | undefined;
  /** Undefined when it cannot be read: then `bytes` is all there is. */
  readonly body: Body | undefined;
  /**
   * The body as it lies in Redis; of a malformed envelope, all of it. JSON.stringify leaves it out, unless
   * it is all there is: then it is base64.
   */
  readonly bytes: Buffer;
  readonly headers: Headers;
  readonly key: string | undefined;
  readonly priority: number;
  readonly sentAt: Date | undefined;
  /** How often it was delivered so far. */
  readonly attempt: number;
}

/** Reads an element without ever failing. */
export async function readStored<Body>(
  context: QueueContext<Body>,
  element: Buffer,
): Promise<StoredMessage<Body>> {
  const envelope = readable(element);
  return withShortJson({
    id: envelope.id || undefined,
    body: await bodyOf(context, envelope),
    bytes: envelope.body,
    headers: envelope.headers,
    key: envelope.key,
    priority: envelope.priority,
    sentAt: toDate(envelope.sentAt),
    attempt: envelope.deliveries,
  });
}

function readable(element: Buffer): Envelope {
  try {
    return decodeEnvelope(element, '');
  } catch {
    // Shown as a bare payload, so that nothing of it is hidden.
    return asBare(element, '');
  }
}

async function bodyOf<Body>(
  context: QueueContext<Body>,
  envelope: Envelope,
): Promise<Body | undefined> {
  try {
    return await readBody(context, Slice.of(envelope.body));
  } catch {
    return undefined;
  }
}
