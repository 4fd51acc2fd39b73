import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './add-dead.lua';
import { deadLettersPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';

/** Why a message is a dead letter. */
export interface Death {
  reason: string;
  /** May be empty, as `stack`. */
  error: string;
  stack: string;
}

/** A message that was given up elsewhere. */
interface AddedDeadLetter extends Death {
  element: string | Buffer;
}

export interface AddDeadInput {
  keys: QueueKeys;
  letters: readonly AddedDeadLetter[];
}

/** The entry of each. */
export const addDead = defineScript<AddDeadInput, string[]>({
  name: 'add-dead',
  uses: [deadLettersPart],
  keys: namedKeys('dead', 'shape', 'stats'),
  rest: ({ letters }) =>
    letters.flatMap(({ reason, error, stack, element }) => [reason, error, stack, element]),
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[]).map(String),
});
