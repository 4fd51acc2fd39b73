import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import type { Division } from '../partitions/division.js';
import source from './forget-former-partitions.lua';
import { declaringPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';

/** False when the number of partitions is another one by now. */
export const forgetFormerPartitions = defineScript<
  { keys: QueueKeys; division: Division },
  boolean
>({
  name: 'forget-former-partitions',
  uses: [declaringPart],
  keys: namedKeys('shape', 'seen'),
  args: {
    signal: ({ keys }) => keys.signal,
    known: ({ division: { count, before } }) => `${count}:${before.join(',')}`,
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
