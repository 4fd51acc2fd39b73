import { defineScript } from '@redpost/core';
import { shortenLeasesLua } from '@redpost/core/consuming';
import clock from './clock.lua';
import source from './enter.lua';

export interface EnterInput {
  /** The key of the group's members. */
  members: string;
  member: string;
  /** 0 to leave. */
  leaseMs: number;
  signal: string;
}

/** The members of the group, in the order of their names. */
export const enter = defineScript<EnterInput, string[]>({
  name: 'enter',
  lua: clock + shortenLeasesLua + source,
  encode: ({ members, member, leaseMs, signal }) => ({
    keys: [members],
    args: [member, leaseMs, signal],
  }),
  parse: (reply) => (reply as Buffer[]).map(String),
});
