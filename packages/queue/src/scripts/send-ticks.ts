import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { oncePart, outgoingPart } from './parts/parts.js';
import { looksFirstAtPlaces, namedKeys, placeArgs, placeKeys } from './script-keys.js';
import { messageArguments, type SentMessage } from './send.js';
import source from './send-ticks.lua';

export interface TickMessage extends SentMessage {
  id: string;
  /** As it stands in the header. */
  idJson: string;
}

/** What becomes of one schedule. */
export interface TickedSchedule {
  name: string;
  /** Its state as it was read: nothing is done if it is another one by now. */
  expected: string;
  state: string;
  /** When its next tick is, in ms since 1970; undefined when there is none. */
  next: number | undefined;
  /** Where earlier messages of it count: see the part `once`. */
  onceKey: string | undefined;
  /** What its messages are about. */
  key: string | undefined;
  messages: readonly TickMessage[];
}

export interface SendTicksInput {
  keys: QueueKeys;
  schedules: readonly TickedSchedule[];
}

/** `skipped`: an earlier one counts; `refused`: its key is full; `late`: somebody else was faster. */
export type TickResult = 'sent' | 'skipped' | 'refused' | 'late';

const results: Readonly<Record<string, TickResult>> = {
  s: 'sent',
  o: 'skipped',
  k: 'refused',
  l: 'late',
};

/** Answers with the result for each message, in their order. */
export const sendTicks = defineScript<SendTicksInput, TickResult[]>({
  name: 'send-ticks',
  uses: [outgoingPart, oncePart],
  keys: namedKeys('list', 'delayed', 'once', 'schedules', 'scheduleStates', ...placeKeys),
  args: {
    ...placeArgs,
    plan: ({ schedules }) => JSON.stringify(schedules.map(planOf)),
  },
  rest: ({ keys, schedules }) =>
    messageArguments({ keys, messages: schedules.flatMap(({ messages }) => messages) }),
  lua: source,
  looksFirst: looksFirstAtPlaces,
  parse: (reply) => [...String(reply)].map((letter) => results[letter] as TickResult),
});

function planOf({ name, expected, state, next, onceKey, messages }: TickedSchedule): unknown[] {
  const ids = messages.map(({ idJson }) => idJson);
  return [name, expected, state, next === undefined ? 'inf' : String(next), onceKey ?? false, ids];
}
