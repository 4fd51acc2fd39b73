import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './due-schedules.lua';
import type { FoundSchedule } from './read-schedules.js';
import { namedKeys } from './script-keys.js';

export interface DueSchedules {
  /** The server's time, in ms since 1970. */
  now: number;
  /** How long until the next one is due that is not due now, in ms; undefined when there is none. */
  nextInMs: number | undefined;
  hasMore: boolean;
  due: FoundSchedule[];
}

const most = 200;

export const dueSchedules = defineScript<{ keys: QueueKeys; skip: number }, DueSchedules>({
  name: 'due-schedules',
  uses: [clockPart, mostBytesPart],
  keys: namedKeys('schedules', 'scheduleSpecs', 'scheduleStates'),
  args: { skip: ({ skip }) => skip, most: () => most },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [now, nextInMs, hasMore, ...found] = reply as [number, number, number, ...Buffer[][]];
    const due = found.map(([name, spec, state]) => ({
      name: String(name),
      spec: spec as Buffer,
      state: String(state),
    }));
    return { now, nextInMs: nextInMs < 0 ? undefined : nextInMs, hasMore: hasMore === 1, due };
  },
});
