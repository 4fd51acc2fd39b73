import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import type { Condition } from '../sending/condition.js';
import { declaringPart, earlierOncePart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './send-once.lua';

export interface SendOnceInput {
  keys: QueueKeys;
  /** Messages that wait in the list; some of them are sent once, until they are taken or done. */
  messages: readonly { id: string; element: string | Buffer; condition?: Condition | undefined }[];
}

/** A message that was not sent. */
export interface Duplicate {
  /** Its place among those that were given. */
  at: number;
  /** The id of the message in whose place it is not sent. */
  id: string;
}

export const sendOnce = defineScript<SendOnceInput, Duplicate[]>({
  name: 'send-once',
  uses: [declaringPart, earlierOncePart],
  keys: namedKeys('list', 'once', 'openWindows', 'shape', 'seen'),
  args: {
    once_prefix: ({ keys }) => keys.onceWindows,
    signal: ({ keys }) => keys.signal,
    // One argument, since each costs the client and the server as much as a short message.
    conditions: ({ messages }) =>
      JSON.stringify([
        messages.map(({ condition }) => condition?.key ?? ''),
        messages.map(({ condition, id }) => (condition ? JSON.stringify(id) : '')),
      ]),
  },
  rest: ({ messages }) => messages.map(({ element }) => element),
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const found = reply as (number | Buffer)[];
    const duplicates: Duplicate[] = [];
    for (let i = 0; i < found.length; i += 2) {
      duplicates.push({ at: Number(found[i]) - 1, id: JSON.parse(String(found[i + 1])) });
    }
    return duplicates;
  },
});
