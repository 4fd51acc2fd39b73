import { type Argument, defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { delayPart, signalPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
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
  uses: [clockPart, delayPart, signalPart],
  keys: namedKeys('list', 'delayed'),
  args: { signal: ({ keys }) => keys.signal },
  rest({ messages }) {
    const args: Argument[] = [];
    for (const { delayMs, ttlMs, element } of messages) args.push(delayMs, ttlMs, element);
    return args;
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply as number,
});
