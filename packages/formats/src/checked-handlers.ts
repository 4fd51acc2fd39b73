import { InvalidArgumentError, shown } from '@redpost/core';
import { isObject } from './json-object.js';

/** @throws InvalidArgumentError unless these are functions by names, at least one. @param about who gets them, and what they are. */
export function checkedHandlers<Handlers extends Readonly<Record<string, unknown>>>(
  about: { call: string; names: string; example: string },
  handlers: Handlers,
): Handlers {
  if (!isObject(handlers) || Object.keys(handlers).length === 0) {
    const { call, names, example } = about;
    throw new InvalidArgumentError(
      `${call} gets handlers by the names of ${names}, e.g. { ${example}: handler }, got ${shown(handlers)}`,
    );
  }
  for (const [name, handler] of Object.entries(handlers)) {
    if (typeof handler === 'function') continue;
    throw new InvalidArgumentError(`The handler of ${name} is a function, got ${shown(handler)}`);
  }
  return handlers;
}
