import { isRedpostError } from '@redpost/core';

/** Whether nothing can be read, because Redis is away. Else it is one queue or topic, e.g. because its key is of another type. */
export function isAway(error: unknown): boolean {
  return isRedpostError(error) && ['CONNECTION', 'TIMEOUT', 'CLOSED'].includes(error.code);
}
