import { asError } from '@redpost/core';
import { messageOf, shortened, stackOf } from '@redpost/core/consuming';

/** What is kept of the error with which a message has died. */
export interface Failure {
  name: string;
  message: string;
  code?: string | undefined;
  /** Its name, and the lines that say where it was thrown: see `stackOf`. */
  stack?: string | undefined;
}

/** An error as it is kept. @param thrown anything that a handler throws, or the reason of a dead letter. */
export function failureJson(thrown: unknown): string {
  const error = asError(thrown);
  // Of a text there is none: that of `error` says where it was made.
  const stack = stackOf(thrown);
  const failure: Failure = { name: shortened(error.name), message: messageOf(error) };
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' || typeof code === 'number') failure.code = shortened(String(code));
  if (stack !== '') failure.stack = stack;
  return JSON.stringify(failure);
}

/** Never throws: what another client has written may be anything. */
export function parseFailure(json: Buffer | undefined): Failure {
  try {
    const { name, message, code, stack } = JSON.parse(String(json ?? '{}')) as Record<
      string,
      unknown
    >;
    const failure: Failure = { name: String(name ?? 'Error'), message: String(message ?? '') };
    if (code !== undefined) failure.code = String(code);
    if (typeof stack === 'string') failure.stack = stack;
    return failure;
  } catch {
    return { name: 'Error', message: String(json) };
  }
}
