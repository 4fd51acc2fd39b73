import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { signalPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './write-schedule.lua';

export interface WriteScheduleInput {
  keys: QueueKeys;
  name: string;
  /** Its state as it was read; empty when there was none. */
  expected: string;
  /** Undefined if it stays as it is. */
  spec: Buffer | undefined;
  state: string;
  /** When its next tick is, in ms since 1970; null when there is none. */
  next: number | null;
}

/** Answers with false when the state was another one. */
export const writeSchedule = defineScript<WriteScheduleInput, boolean>({
  name: 'write-schedule',
  uses: [clockPart, signalPart],
  keys: namedKeys('list', 'schedules', 'scheduleSpecs', 'scheduleStates'),
  args: {
    signal: ({ keys }) => keys.signal,
    name: ({ name }) => name,
    expected: ({ expected }) => expected,
    spec: ({ spec }) => spec ?? '',
    state: ({ state }) => state,
    next_due: ({ next }) => next ?? 'inf',
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
