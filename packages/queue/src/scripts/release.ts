import { defineScript } from '@redpost/core';
import { writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import {
  envelopePart,
  heldOncePart,
  holdersPart,
  labelsPart,
  ratePart,
  returnPart,
  wrongPlacePart,
} from './parts/parts.js';
import source from './release.lua';
import { heldKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface ReleaseInput {
  keys: QueueKeys;
  consumer: string;
  receipts: readonly number[];
  /** True when handlers have had them, and know them by their ids. */
  wereStarted: boolean;
}

/** How many were still held, and were returned. */
export const release = defineScript<ReleaseInput, number>({
  name: 'release',
  uses: [
    writeBeforeGrowingPart,
    envelopePart,
    heldOncePart,
    holdersPart,
    ratePart,
    labelsPart,
    returnPart,
    wrongPlacePart,
  ],
  keys: namedKeys('rate', ...placeKeys, ...heldKeys),
  args: {
    ...placeArgs,
    consumer: ({ consumer }) => consumer,
    were_started: ({ wereStarted }) => (wereStarted ? 1 : 0),
  },
  rest: ({ receipts }) => [...receipts].sort((a, b) => b - a),
  lua: source,
  parse: (reply) => reply as number,
});
