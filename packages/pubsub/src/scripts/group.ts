import { defineScript } from '@redpost/core';
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
  lua: source,
  encode({ group, member, step, leaseMs, sharded }) {
    const commands = sharded ? ['SPUBLISH', 'SHARDNUMSUB'] : ['PUBLISH', 'NUMSUB'];
    return { keys: [group], args: [step, member, leaseMs, group, ...commands] };
  },
  parse: Number,
});
