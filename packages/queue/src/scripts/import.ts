import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import type { Death } from './add-dead.js';
import source from './import.lua';
import { deadLettersPart, outgoingPart, wrongPlacePart } from './parts/parts.js';
import { looksFirstAtPlaces, namedKeys, placeArgs, placeKeys } from './script-keys.js';

/** A message that comes from another system. */
export interface ImportedMessage {
  /** Its entry in the stream that it comes from: `<ms>-<number>`, in their order. */
  entry: string;
  /** When it is due, in ms since 1970; 0 for at once. */
  dueAt: number;
  element: Buffer;
  /** Why it is a dead letter, if it is one. */
  death: Death | undefined;
}

export interface ImportInput {
  keys: QueueKeys;
  /** What names that stream: a token that no other one has, a colon, and a name. */
  source: string;
  messages: readonly ImportedMessage[];
}

/** How many were new. */
export const importMessages = defineScript<ImportInput, number>({
  name: 'import',
  uses: [outgoingPart, wrongPlacePart, deadLettersPart],
  keys: namedKeys('list', 'delayed', 'dead', 'stats', 'inbox', ...placeKeys),
  args: { source: ({ source: name }) => name, ...placeArgs },
  rest: ({ messages }) =>
    messages.flatMap(({ entry, dueAt, element, death }) => [
      entry,
      death ? '' : dueAt,
      element,
      death?.reason ?? '',
      death?.error ?? '',
      death?.stack ?? '',
    ]),
  lua: source,
  looksFirst: looksFirstAtPlaces,
  parse: (reply) => reply as number,
});
