import { asError } from '@redpost/core';
import { messageOf, shortened } from '@redpost/core/consuming';

/** What is kept of the error with which a message has died. */
export interface Failure {
  name: string;
  message: string;
  code?: string | undefined;
}

/** An error as it is kept. @param thrown anything that a handler throws, or the reason of a dead letter. */
export function failureJson(thrown: unknown): string {
  const error = asError(thrown);
  const failure: Failure = { name: shortened(error.name), message: messageOf(error) };
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' || typeof code === 'number') failure.code = shortened(String(code));
  return JSON.stringify(failure);
}

/** Never throws: what another client has written may be anything. */
export function parseFailure(json: Buffer | undefined): Failure {
  try {
    const { name, message, code } = JSON.parse(String(json ?? '{}')) as Record<string, unknown>;
    const failure: Failure = { name: String(name ?? 'Error'), message: String(message ?? '') };
    if (code !== undefined) failure.code = String(code);
    return failure;
  } catch {
    return { name: 'Error', message: String(json) };
  }
}
