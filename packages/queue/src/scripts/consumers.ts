import { type ConsumerInfo, defineScript } from '@redpost/core';
import { readConsumers } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './consumers.lua';
import { namedKeys } from './script-keys.js';

/** Tells of each consumer that holds a lease. */
export const consumersScript = defineScript<{ keys: QueueKeys }, ConsumerInfo[]>({
  name: 'consumers',
  keys: namedKeys('consumers'),
  args: {
    registration_prefix: ({ keys }) => keys.registration(''),
    active_prefix: ({ keys }) => keys.active(''),
    batches_prefix: ({ keys }) => keys.batches(''),
    handoff_prefix: ({ keys }) => keys.handoff(''),
  },
  lua: source,
  looksFirst: () => true,
  parse: readConsumers,
});
