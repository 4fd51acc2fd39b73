import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './leave.lua';
import {
  consumerPausesPart,
  envelopePart,
  holdersPart,
  labelsPart,
  returnPart,
  wrongHeldPart,
} from './parts/parts.js';
import { rememberMs } from './recover.js';
import { heldKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface LeaveInput {
  keys: QueueKeys;
  consumer: string;
  /** True when a blocking move may still be under way in the server. */
  mayBeBlocked: boolean;
}

/** How many messages were returned. */
export const leave = defineScript<LeaveInput, number>({
  name: 'leave',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    holdersPart,
    labelsPart,
    returnPart,
    wrongHeldPart,
    consumerPausesPart,
  ],
  keys: namedKeys(...placeKeys, ...heldKeys, 'cancelled', 'consumers', 'registration'),
  args: {
    consumer: ({ consumer }) => consumer,
    remember_ms: ({ mayBeBlocked }) => (mayBeBlocked ? rememberMs : 0),
    ...placeArgs,
  },
  lua: source,
  parse: (reply) => reply as number,
});
