import type { RedpostError, Slice } from '@redpost/core';

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
  /** The body as it arrived. */
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
