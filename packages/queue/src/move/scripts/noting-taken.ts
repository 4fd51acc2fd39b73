import { definePart } from '@redpost/core/consuming';
import type { Part } from '../job-move.js';
import type { MoveKeys } from '../move-keys.js';
import source from './noting-taken.lua';

/** What all scripts get that take jobs. */
export interface TakingInput {
  keys: MoveKeys;
  /** The state of these jobs, for the record. */
  state: string;
  part: Part;
}

/** `note_taken(id, score)`: the record of what a move has taken. */
export const notingTakenPart = definePart({
  name: 'noting-taken',
  needs: ['move', 'taken', 'own', 'state', 'token'],
  lua: source,
});

export const takingKeys = {
  move: ({ keys }: TakingInput) => keys.move,
  taken: ({ keys }: TakingInput) => keys.taken,
};

export const takingArgs = {
  own: ({ keys }: TakingInput) => keys.own,
  state: ({ state }: TakingInput) => state,
  token: ({ part }: TakingInput) => part.token,
  count: ({ part }: TakingInput) => part.count,
};
