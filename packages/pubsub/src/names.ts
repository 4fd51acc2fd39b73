import { checkedName, InvalidArgumentError } from '@redpost/core';

/** One name or several, each once. */
export function checkedNames(what: string, given: string | readonly string[]): string[] {
  const names = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw new InvalidArgumentError(`${what} is missing: the list is empty`);
  return [...new Set(names.map((name) => checkedName(what, name)))];
}
