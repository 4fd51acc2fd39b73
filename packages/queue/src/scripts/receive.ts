import { defineScript } from '@redpost/core';
import { outgoingPart } from './parts/parts.js';
import source from './receive.lua';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';
import { messageArguments, type SendInput } from './send.js';

export interface ReceiveInput extends SendInput {
  /** What names the outbox that they come from. */
  source: string;
  /** The ids of its entries, in their order. */
  ids: readonly string[];
}

/** How many were new. */
export const receive = defineScript<ReceiveInput, number>({
  name: 'receive',
  uses: [outgoingPart],
  keys: namedKeys('list', 'delayed', 'inbox', ...placeKeys),
  args: {
    source: ({ source: name }) => name,
    ids: ({ ids }) => JSON.stringify(ids),
    ...placeArgs,
  },
  rest: messageArguments,
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply as number,
});
