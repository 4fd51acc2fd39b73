import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import source from './acquit.lua';
import waiting from './waiting.lua';

export interface AcquitInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  offset: string;
}

/** Whether it was a suspect that this consumer holds. */
export const acquit = defineScript<AcquitInput, boolean>({
  name: 'acquit',
  lua: waiting + source,
  encode: ({ keys, group, consumer, offset }) => ({
    keys: [keys.stream, keys.consumers, keys.suspects],
    args: [group, consumer, offset],
  }),
  parse: (reply) => reply === 1,
});
