import { defineScript } from '@redpost/core';
import type { MoveKeys } from '../move-keys.js';
import source from './confirm-jobs.lua';

/** For how long what was moved is kept where it was: a day. */
export const keepMs = 86_400_000;

export interface ConfirmInput {
  keys: MoveKeys;
  /** The entries that the queue has imported, in their order. */
  entries: readonly string[];
}

export const confirmJobs = defineScript<ConfirmInput, undefined>({
  name: 'confirm-jobs',
  keys: { move: ({ keys }) => keys.move, taken: ({ keys }) => keys.taken },
  args: {
    up_to: ({ entries }) => entries.at(-1) ?? '0-0',
    own: ({ keys }) => keys.own,
    keep_ms: () => keepMs,
  },
  rest: ({ entries }) => entries,
  lua: source,
  parse: () => undefined,
});
