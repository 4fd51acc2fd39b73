import { defineScript } from '@redpost/core';
import type { BullMQKeys } from '../bullmq-keys.js';
import source from './hold-scheduler.lua';

/** Whether there was such a scheduler. */
export const holdScheduler = defineScript<{ keys: BullMQKeys; id: string }, boolean>({
  name: 'hold-scheduler',
  keys: {
    schedulers: ({ keys }) => keys.schedulers,
    delayed: ({ keys }) => keys.delayed,
    held: ({ keys }) => keys.heldSchedulers,
  },
  args: {
    id: ({ id }) => id,
    base: ({ keys }) => keys.base,
    own: ({ keys }) => keys.own,
  },
  lua: source,
  parse: (reply) => reply === 1,
});
