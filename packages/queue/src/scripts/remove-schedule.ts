import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './remove-schedule.lua';
import { namedKeys } from './script-keys.js';

/** Answers with false when there was none of this name. */
export const removeSchedule = defineScript<{ keys: QueueKeys; name: string }, boolean>({
  name: 'remove-schedule',
  keys: namedKeys('schedules', 'scheduleSpecs', 'scheduleStates'),
  args: { name: ({ name }) => name },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
