import { isRedpostError } from '@redpost/core';

/**
 * Whether Redis says that it has no such group, which was there before (FLUSHALL, XGROUP DESTROY).
 * Before Redis 7, an error from inside a script begins with other words.
 */
export function isGroupMissing(error: unknown): boolean {
  return isRedpostError(error, 'SERVER') && /\bNOGROUP\b/.test(error.message);
}
