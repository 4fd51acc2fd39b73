import { isRedpostError } from '@redpost/core';

/**
 * True when the error says that Redis has no such group, because it has lost it (FLUSHALL, XGROUP DESTROY). Before
 * Redis 7, an error of a command in a script begins with other words, so the code is looked for anywhere in the text.
 */
export function isGroupMissing(error: unknown): boolean {
  return isRedpostError(error, 'SERVER') && /\bNOGROUP\b/.test(error.message);
}
