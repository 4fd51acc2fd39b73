import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import clock from './clock.lua';
import source from './forsake.lua';
import { rememberMs } from './recover.js';
import writeNothing from './write-nothing.lua';

export interface ForsakeInput {
  keys: QueueKeys;
  consumer: string;
  /** True when a blocking move may still be under way in the server. */
  mayBeBlocked: boolean;
}

export const forsake = defineScript<ForsakeInput, void>({
  name: 'forsake',
  lua: clock + writeNothing + source,
  encode: ({ keys, consumer, mayBeBlocked }) => ({
    keys: [keys.consumers],
    args: [consumer, mayBeBlocked ? rememberMs : 0],
  }),
  parse() {},
});
