import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import source from './group.lua';

export interface GroupInput {
  /** The group's key, and the channel its members listen to. */
  group: string;
  member: string;
  step: 'join' | 'beat' | 'leave';
  leaseMs: number;
  sharded: boolean;
}

export const groupScript = defineScript<GroupInput, number>({
  name: 'group',
  uses: [clockPart],
  keys: { group: ({ group }) => group },
  args: {
    step: ({ step }) => step,
    member: ({ member }) => member,
    lease_ms: ({ leaseMs }) => leaseMs,
    channel: ({ group }) => group,
    publish: ({ sharded }) => (sharded ? 'SPUBLISH' : 'PUBLISH'),
    numsub: ({ sharded }) => (sharded ? 'SHARDNUMSUB' : 'NUMSUB'),
  },
  lua: source,
  parse: Number,
});
