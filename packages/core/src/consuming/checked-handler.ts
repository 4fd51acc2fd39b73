import { InvalidArgumentError } from '../errors.js';
import { shown } from '../options/check.js';

/** @throws InvalidArgumentError for what cannot be called. */
export function checkedHandler<Handler>(handler: Handler): Handler {
  if (typeof handler === 'function') return handler;
  throw new InvalidArgumentError(`A handler is a function, got ${shown(handler)}`);
}
