import { InvalidArgumentError, shown } from '@redpost/core';

/** Half a character of UTF-16: UTF-8 has no form for it, so that the name would not come back. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Returns `name` when it can be the name of a channel, or a pattern.
 *
 * @param what for the message, e.g. `'A channel'`.
 * @throws InvalidArgumentError
 */
export function checkedName(what: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidArgumentError(`${what} must be a non-empty string, got ${shown(name)}`);
  }
  if (loneSurrogate.test(name)) {
    throw new InvalidArgumentError(`${what} must be well-formed Unicode, got ${shown(name)}`);
  }
  return name;
}

/** One name or several, each once. */
export function checkedNames(what: string, given: string | readonly string[]): string[] {
  const names = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw new InvalidArgumentError(`${what} is missing: the list is empty`);
  return [...new Set(names.map((name) => checkedName(what, name)))];
}
