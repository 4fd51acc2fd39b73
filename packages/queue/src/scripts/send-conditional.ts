import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { Condition } from '../sending/condition.js';
import {
  debouncedPart,
  droppingPart,
  earlierOncePart,
  oncePart,
  outgoingPart,
  returnPart,
  waitingPart,
} from './parts/parts.js';
import {
  debouncedKeys,
  looksFirstAtPlaces,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
} from './script-keys.js';
import { messageArguments, type SendInput, type SentMessage } from './send.js';
import source from './send-conditional.lua';

interface ConditionalMessage extends SentMessage {
  id: string;
  condition?: Condition | undefined;
}

export interface SendConditionalInput extends SendInput {
  messages: readonly ConditionalMessage[];
  /** How many messages may wait; undefined for any number. */
  limit?: number | undefined;
  /** Whether a message that does not fit replaces the oldest one of the list. */
  drops?: boolean;
}

/** The result for one message: `refused` if it did not fit, `key-full` if its key has as many messages as may wait. */
type SendConditionalStatus =
  | { status: 'sent' | 'refused' | 'key-full' }
  /** With the id of the earlier message. */
  | { status: 'duplicate' | 'replaced'; id: string };

export interface SendConditionalResult {
  /** How many other messages were dropped for them. */
  dropped: number;
  /** How many messages wait now, if that is limited. */
  count: number;
  statuses: SendConditionalStatus[];
}

export const sendConditional = defineScript<SendConditionalInput, SendConditionalResult>({
  name: 'send-conditional',
  uses: [
    clockPart,
    outgoingPart,
    waitingPart,
    oncePart,
    earlierOncePart,
    droppingPart,
    returnPart,
    debouncedPart,
  ],
  keys: namedKeys(
    'list',
    'delayed',
    'stats',
    'once',
    'openWindows',
    ...debouncedKeys,
    ...placeKeys,
    ...memberKeys,
  ),
  args: {
    ...placeArgs,
    ...memberArgs,
    once_prefix: ({ keys }) => keys.onceWindows,
    throttle_prefix: ({ keys }) => keys.throttleWindows,
    limit: ({ limit }) => limit ?? '',
    drops: ({ drops }) => (drops ? 1 : 0),
    conditions: ({ messages }) => JSON.stringify(messages.map(conditionArgument)),
  },
  rest: messageArguments,
  lua: source,
  looksFirst: looksFirstAtPlaces,
  parse(reply) {
    const [dropped, count, ...statuses] = reply as [number, number, ...Buffer[]];
    return { dropped, count, statuses: statuses.map(statusOf) };
  },
});

function conditionArgument({ id, condition }: ConditionalMessage) {
  if (!condition) return false;
  const { word, key, ms, maxMs, keep } = condition;
  return [word, key, JSON.stringify(id), ms, maxMs, keep];
}

function statusOf(bytes: Buffer): SendConditionalStatus {
  const text = String(bytes);
  if (text === 's') return { status: 'sent' };
  if (text === 'f') return { status: 'refused' };
  if (text === 'k') return { status: 'key-full' };
  return { status: text[0] === 'd' ? 'duplicate' : 'replaced', id: JSON.parse(text.slice(1)) };
}
