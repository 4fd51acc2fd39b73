import { cancelHeldPart, cancelWaitingPart } from './parts/parts.js';
import {
  defineSearchHeld,
  defineSearchWaiting,
  type SearchHeldInput,
  type SearchWaitingInput,
} from './search.js';

type CancelWaitingInput = SearchWaitingInput & { reason: string };

/** Cancels a message that waits. */
export const cancelWaiting = defineSearchWaiting<CancelWaitingInput, 'removed'>({
  name: 'cancel-waiting',
  acts: cancelWaitingPart,
  args: { reason: ({ reason }) => reason },
  found: () => 'removed',
});

type CancelHeldInput = SearchHeldInput & { reason: string };

/** Cancels a message that a consumer holds. One that a blocking move has just brought is `taken` soon. */
export const cancelHeld = defineSearchHeld<CancelHeldInput, 'signalled', 'removed' | 'taken'>({
  name: 'cancel-held',
  acts: cancelHeldPart,
  args: { reason: ({ reason }) => reason },
  held: () => 'signalled',
  brought: (reply) => (reply === 1 ? 'removed' : 'taken'),
});
