import { type ConsumerInfo, defineScript } from '@redpost/core';
import { readConsumers } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './consumers.lua';
import { groupKeys } from './script-keys.js';

/** Tells of each consumer of a group that holds a lease in a partition. */
export const consumersScript = defineScript<{ keys: GroupKeys; group: string }, ConsumerInfo[]>({
  name: 'consumers',
  keys: groupKeys('stream', 'consumers'),
  args: {
    group: ({ group }) => group,
    registration_prefix: ({ keys }) => keys.registrations,
  },
  lua: source,
  looksFirst: () => true,
  parse: readConsumers,
});
