import type { RedpostError, Slice } from '@redpost/core';
import { bodyInJson, bytesInJson, messageOf } from '@redpost/core/consuming';

/** A message as a subscriber gets it. */
export interface Message<Body = unknown> {
  readonly channel: string;
  readonly body: Body;
  /** The pattern that the channel matched, when the subscription is to a pattern. */
  readonly pattern: string | undefined;
}

/** A message that arrived but cannot be decoded. */
export interface InvalidMessage {
  readonly channel: string;
  readonly pattern: string | undefined;
  /** The body as it arrived. JSON.stringify writes it as base64. */
  readonly payload: Buffer;
  /** A `DecodeError` when the codec could not read it, a `ValidationError` when the schema refused it. */
  readonly error: RedpostError;
}

/** A message that has arrived and was not decoded yet. */
export interface ReceivedMessage {
  readonly channel: string;
  readonly pattern: string | undefined;
  readonly payload: Slice;
}

/**
 * A message whose body may have what JSON does not: bytes are written as base64. A class, because to define `toJSON` on each message
 * takes several times as long as to make it.
 */
export class OpenedMessage<Body> implements Message<Body> {
  readonly channel: string;
  readonly body: Body;
  readonly pattern: string | undefined;

  constructor({ channel, pattern }: ReceivedMessage, body: Body) {
    this.channel = channel;
    this.body = body;
    this.pattern = pattern;
  }

  toJSON(): object {
    return { ...this, body: bodyInJson(this.body) };
  }
}

/** A message that cannot be decoded, with a short form in JSON. */
export function invalidMessage(message: InvalidMessage): InvalidMessage {
  return Object.defineProperty(message, 'toJSON', {
    value() {
      const { payload, error, ...rest } = message;
      return { ...rest, payload: bytesInJson(payload), error: messageOf(error) };
    },
  });
}
