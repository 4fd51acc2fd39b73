import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import {
  envelopePart,
  heldOncePart,
  holdersPart,
  labelsPart,
  memberPart,
  ratePart,
} from './parts/parts.js';
import source from './pass-on.lua';
import {
  heldKeys,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
} from './script-keys.js';

export interface PassOnInput {
  keys: QueueKeys;
  consumer: string;
  /** In the order in which they were leased. */
  messages: readonly { receipt: number; target: string }[];
}

/** For each message, whether it was still held. */
export const passOn = defineScript<PassOnInput, boolean[]>({
  name: 'pass-on',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    heldOncePart,
    holdersPart,
    labelsPart,
    ratePart,
    memberPart,
  ],
  keys: namedKeys('list', ...placeKeys, ...heldKeys, 'rate', ...memberKeys),
  args: {
    consumer: ({ consumer }) => consumer,
    ...memberArgs,
    ...placeArgs,
  },
  rest: ({ messages }) => messages.flatMap(({ target, receipt }) => [target, receipt]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
