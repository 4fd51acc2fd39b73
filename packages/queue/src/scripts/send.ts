import { type Argument, defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import clock from './clock.lua';
import delay from './delay.lua';
import source from './send.lua';

export interface SendInput {
  keys: QueueKeys;
  messages: readonly {
    element: string | Buffer;
    /** 0 for none. */
    delayMs: number;
    /** Counted from when it is due; 0 for none. */
    ttlMs: number;
  }[];
}

export const send = defineScript<SendInput, number>({
  name: 'send',
  lua: clock + delay + source,
  looksFirst: () => true,
  encode({ keys, messages }) {
    const args: Argument[] = [keys.signal];
    for (const { delayMs, ttlMs, element } of messages) args.push(delayMs, ttlMs, element);
    return { keys: [keys.list, keys.delayed], args };
  },
  parse: (reply) => reply as number,
});
