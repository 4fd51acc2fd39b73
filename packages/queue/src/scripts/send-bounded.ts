import { defineScript } from '@redpost/core';
import { droppingPart, outgoingPart, waitingPart } from './parts/parts.js';
import {
  looksFirstAtPlaces,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
} from './script-keys.js';
import { messageArguments, placesIn, type SendInput } from './send.js';
import source from './send-bounded.lua';

export interface SendBoundedInput extends SendInput {
  /** How many messages may wait. */
  limit: number;
  /** Whether a message that does not fit replaces the oldest one of the list. */
  drops: boolean;
}

export interface SendBoundedResult {
  /** How many of the messages were sent: the first ones. */
  sent: number;
  /** How many other messages were dropped for them. */
  dropped: number;
  /** How many messages wait now. */
  count: number;
  /** The places of those among the first ones that were refused, because their keys are full. */
  refused: number[];
}

export const sendBounded = defineScript<SendBoundedInput, SendBoundedResult>({
  name: 'send-bounded',
  uses: [outgoingPart, waitingPart, droppingPart],
  keys: namedKeys('list', 'delayed', 'debounced', 'stats', 'once', ...placeKeys, ...memberKeys),
  args: {
    ...placeArgs,
    ...memberArgs,
    limit: ({ limit }) => limit,
    drops: ({ drops }) => (drops ? 1 : 0),
  },
  rest: messageArguments,
  lua: source,
  looksFirst: looksFirstAtPlaces,
  parse(reply) {
    const [sent, dropped, count, refused] = reply as [number, number, number, number[]];
    return { sent, dropped, count, refused: placesIn(refused) };
  },
});
