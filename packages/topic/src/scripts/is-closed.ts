import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './is-closed.lua';
import { closedPart } from './parts/parts.js';

/** True for a partition that gets no more records. */
export const isClosed = defineScript<{ keys: PartitionKeys }, boolean>({
  name: 'is-closed',
  uses: [closedPart],
  keys: { stream: ({ keys }) => keys.stream },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
