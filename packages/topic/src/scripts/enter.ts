import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart } from '@redpost/core/consuming';
import source from './enter.lua';

export interface EnterInput {
  /** The key of the group's members. */
  members: string;
  member: string;
  /** 0 to leave. */
  leaseMs: number;
  /** The channel. */
  signal: string;
}

/** The members of the group, in the order of their names. */
export const enter = defineScript<EnterInput, string[]>({
  name: 'enter',
  uses: [clockPart, shortenLeasesPart],
  keys: { members: ({ members }) => members },
  args: {
    member: ({ member }) => member,
    lease_ms: ({ leaseMs }) => leaseMs,
    signal: ({ signal }) => signal,
  },
  lua: source,
  parse: (reply) => (reply as Buffer[]).map(String),
});
