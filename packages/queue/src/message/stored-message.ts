import { Slice, withShortJson } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { type FlowEnd, type FlowName, flowNameIn } from '../flow/flow-end.js';
import { asBare, decodeEnvelope, type Envelope, type Headers } from './envelope.js';
import { readBody, toDate } from './message.js';

/** A message as it is in Redis, readable or not. */
export interface StoredMessage<Body = unknown> {
  /** Undefined for a bare payload that was not delivered yet. */
  readonly id: string | undefined;
  /** Undefined when it cannot be read: then only `bytes` has the body. */
  readonly body: Body | undefined;
  /**
   * The body as it is in Redis; of a malformed envelope, the whole element. JSON.stringify writes it as base64 if `body` is
   * undefined, and leaves it out otherwise.
   */
  readonly bytes: Buffer;
  readonly headers: Headers;
  readonly key: string | undefined;
  readonly priority: number;
  readonly sentAt: Date | undefined;
  /** How often the message was delivered so far. */
  readonly attempt: number;
  /** The queue in which it became a dead letter first, if it was redriven to this one from there. */
  readonly origin?: string | undefined;
  /** The flow that it is a member of, if it is one. A dead letter is none any more. */
  readonly flow?: FlowName | undefined;
  /** How the flow has ended whose continuation it is, if it is one. */
  readonly flowEnd?: FlowEnd | undefined;
}

/** Reads an element. Never rejects: an unreadable element has no body. */
export async function readStored<Body>(
  context: Pick<QueueContext<Body>, 'codec' | 'schema'>,
  element: Buffer,
): Promise<StoredMessage<Body>> {
  const envelope = readable(element);
  const flow = flowNameIn(envelope.flow);
  return withShortJson({
    id: envelope.id || undefined,
    body: await bodyOf(context, envelope),
    bytes: envelope.body,
    headers: envelope.headers,
    key: envelope.key,
    priority: envelope.priority,
    sentAt: toDate(envelope.sentAt),
    attempt: envelope.deliveries,
    ...(envelope.origin !== undefined && { origin: envelope.origin }),
    ...(flow !== undefined && { flow }),
    ...(envelope.flowEnd !== undefined && { flowEnd: envelope.flowEnd }),
  });
}

function readable(element: Buffer): Envelope {
  try {
    return decodeEnvelope(element, '');
  } catch {
    // It is read as a bare payload, so that all its bytes can be seen.
    return asBare(element, '');
  }
}

async function bodyOf<Body>(
  context: Pick<QueueContext<Body>, 'codec' | 'schema'>,
  envelope: Envelope,
): Promise<Body | undefined> {
  try {
    return await readBody(context, Slice.of(envelope.body));
  } catch {
    return undefined;
  }
}
