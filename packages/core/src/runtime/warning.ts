import { messageOf } from '../error-text.js';
import { asError, isRedpostError } from '../errors.js';

/**
 * Tells of an error that nobody else is told of, as a process warning. Never throws, whatever the
 * error is. (Node takes only errors of its own realm, which those under Jest are not: so it is given
 * the text.)
 *
 * @param withStack whether it matters where the error comes from.
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
