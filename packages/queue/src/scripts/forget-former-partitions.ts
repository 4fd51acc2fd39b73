import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './forget-former-partitions.lua';
import { declaringPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';

/** By then every producer knows of it: twice as long as it uses what it has read. In ms. */
const leastMs = 60_000;

/** True when the number of partitions may change again. False when it is another one by now, or producers may not know of the last step yet. */
export const forgetFormerPartitions = defineScript<{ keys: QueueKeys; count: number }, boolean>({
  name: 'forget-former-partitions',
  uses: [clockPart, declaringPart],
  keys: namedKeys('shape', 'seen'),
  args: {
    signal: ({ keys }) => keys.signal,
    count: ({ count }) => count,
    least_ms: () => leastMs,
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
