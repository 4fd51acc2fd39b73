import { locatePart } from './parts/parts.js';
import {
  defineSearchHeld,
  defineSearchWaiting,
  type SearchHeldInput,
  type SearchWaitingInput,
} from './search.js';

/** Where a message is, and how often it was delivered before. */
export interface Located {
  state: 'pending' | 'active' | 'delayed';
  attempts: number;
}

export const locateWaiting = defineSearchWaiting<SearchWaitingInput, Located>({
  name: 'locate-waiting',
  acts: locatePart,
  found(reply) {
    const [kind, attempts] = reply as [Buffer, number];
    const isDelayed = /^de(layed|bounced)$/.test(String(kind));
    return { state: isDelayed ? 'delayed' : 'pending', attempts };
  },
});

const active = (reply: unknown): Located => ({ state: 'active', attempts: reply as number });

export const locateHeld = defineSearchHeld<SearchHeldInput, Located, Located>({
  name: 'locate-held',
  acts: locatePart,
  held: active,
  brought: active,
});
