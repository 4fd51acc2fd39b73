import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import clock from './clock.lua';
import envelope from './envelope.lua';
import giveBack from './give-back.lua';
import source from './leave.lua';
import { rememberMs } from './recover.js';
import writeNothing from './write-nothing.lua';

export interface LeaveInput {
  keys: QueueKeys;
  consumer: string;
  from: 'LEFT' | 'RIGHT';
  /** True when a blocking move may still be under way in the server. */
  mayBeBlocked: boolean;
}

/** How many messages were put back. */
export const leave = defineScript<LeaveInput, number>({
  name: 'leave',
  lua: clock + writeNothing + envelope + giveBack + batches + source,
  encode: ({ keys, consumer, from, mayBeBlocked }) => ({
    keys: [
      keys.list,
      keys.active(consumer),
      keys.batches(consumer),
      keys.handoff(consumer),
      keys.suspects,
      keys.consumers,
    ],
    args: [
      consumer,
      from === 'RIGHT' ? 'RPUSH' : 'LPUSH',
      mayBeBlocked ? rememberMs : 0,
      keys.signal,
    ],
  }),
  parse: (reply) => reply as number,
});
