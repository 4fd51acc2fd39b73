import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { groupKeys } from './script-keys.js';
import source from './shorten.lua';

/** Shortens the leases of a partition that were taken before the server's clock went back. */
export const shorten = defineScript<{ keys: GroupKeys; leaseMs: number }, void>({
  name: 'shorten',
  uses: [clockPart, shortenLeasesPart],
  keys: groupKeys('consumers'),
  args: { lease_ms: ({ leaseMs }) => leaseMs },
  lua: source,
  parse: () => undefined,
});
