import { KeyFullError } from './errors.js';
import type { Outgoing } from './outgoing.js';

/** Rejects the messages at these places: as many messages of their keys wait as may. */
export function refuseFullKeys(
  queue: string,
  messages: readonly Outgoing[],
  places: readonly number[],
): void {
  for (const place of places) {
    const { key = '', reject } = messages[place] as Outgoing;
    reject(new KeyFullError({ queue, key }));
  }
}
