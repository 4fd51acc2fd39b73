import { findHeldPart, findWaitingPart } from './parts/parts.js';
import {
  defineSearchHeld,
  defineSearchWaiting,
  type Place,
  type SearchHeldInput,
  type SearchWaitingInput,
} from './search.js';

/** A message that waits, as it is in Redis. */
export interface FoundWaiting {
  kind: Place['kind'];
  element: Buffer;
  /** When it is due, in ms since 1970, if it is delayed. */
  dueAt: number | undefined;
}

/** Tells of a message that waits. */
export const findWaiting = defineSearchWaiting<SearchWaitingInput, FoundWaiting>({
  name: 'find-waiting',
  acts: findWaitingPart,
  found(reply) {
    const [kind, element, due] = reply as [Buffer, Buffer, Buffer];
    const dueAt = String(due) === '' ? undefined : Number(due);
    return { kind: String(kind) as Place['kind'], element, dueAt };
  },
});

/** Tells that a consumer has a message. */
export const findHeld = defineSearchHeld<SearchHeldInput, 'active', 'active'>({
  name: 'find-held',
  acts: findHeldPart,
  held: () => 'active',
  brought: () => 'active',
});
