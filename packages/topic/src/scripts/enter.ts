import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart } from '@redpost/core/consuming';
import source from './enter.lua';

export interface EnterInput {
  /** The key of the group's members. */
  members: string;
  member: string;
  /** The length of the lease; 0 to end it. */
  leaseMs: number;
  /** The channel. */
  signal: string;
}

export interface EnterResult {
  /** Sorted by name. */
  members: string[];
  /** True when a lease was shortened, because the clock of the server was set back. */
  wasSetBack: boolean;
}

export const enter = defineScript<EnterInput, EnterResult>({
  name: 'enter',
  uses: [clockPart, shortenLeasesPart],
  keys: { members: ({ members }) => members },
  args: {
    member: ({ member }) => member,
    lease_ms: ({ leaseMs }) => leaseMs,
    signal: ({ signal }) => signal,
  },
  lua: source,
  parse(reply) {
    const [shortened, ...members] = reply as [number, ...Buffer[]];
    return { members: members.map(String), wasSetBack: shortened > 0 };
  },
});
