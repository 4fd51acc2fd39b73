import { messageOf } from '../error-text.js';
import { asError, isRedpostError } from '../errors.js';

/**
 * Reports an error without any other recipient as a process warning. Never throws. (Node accepts only errors
 * of its own realm, and errors under Jest are of another one: so it is given the text.)
 *
 * @param withStack whether to show where the error comes from.
 */
export function warn(thrown: unknown, { withStack = false } = {}): void {
  const error = asError(thrown);
  process.emitWarning(messageOf(error), {
    type: error.name,
    ...(isRedpostError(error) && { code: error.code }),
    ...(withStack && { detail: stackOf(error) }),
  });
}

function stackOf(error: Error): string {
  try {
    return String(error.stack);
  } catch {
    return '';
  }
}
