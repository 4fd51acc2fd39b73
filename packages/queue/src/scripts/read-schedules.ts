import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './read-schedules.lua';
import { namedKeys } from './script-keys.js';

export interface FoundSchedule {
  name: string;
  /** As in Redis; empty when there is none of that name. */
  spec: Buffer;
  state: string;
}

export interface ReadSchedules {
  /** The server's time, in ms since 1970. */
  now: number;
  /** Those of the first names, as many as fit into an answer. */
  found: Omit<FoundSchedule, 'name'>[];
}

export const readSchedules = defineScript<
  { keys: QueueKeys; names: readonly string[] },
  ReadSchedules
>({
  name: 'read-schedules',
  uses: [clockPart, mostBytesPart],
  keys: namedKeys('scheduleSpecs', 'scheduleStates'),
  rest: ({ names }) => names,
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [now, ...found] = reply as [number, ...Buffer[][]];
    return {
      now,
      found: found.map(([spec, state]) => ({ spec: spec as Buffer, state: String(state) })),
    };
  },
});
