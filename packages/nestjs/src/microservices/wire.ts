/** The body of a request or an event. Its pattern is in the header `pattern`. */
export interface PatternMessage {
  data?: unknown;
}

/** What a request is answered with: an error is a part of the answer, and no failed attempt. */
export type PatternReply = { response?: unknown } | { error: unknown };

/** An error as it travels: what Nest's exception filters have made of it, or the message of any other one. */
export function errorToSend(thrown: unknown): unknown {
  if (thrown instanceof Error) return { status: 'error', message: thrown.message };
  return thrown;
}
