import { fail } from '@redpost/core/consuming';
import { KeyFullError } from './errors.js';
import type { Outgoing } from './outgoing.js';

/** Rejects the messages at these places: as many messages of their keys wait as may. */
export function refuseFullKeys(
  queue: string,
  messages: readonly Outgoing[],
  places: readonly number[],
): void {
  for (const place of places) {
    const message = messages[place] as Outgoing;
    const { key = '' } = message;
    fail(message, new KeyFullError({ queue, key }));
  }
}
