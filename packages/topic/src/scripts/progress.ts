import { defineScript } from '@redpost/core';
import { closedPart } from './parts/parts.js';
import source from './progress.lua';

export interface GroupProgress {
  /** How many delivered records are not settled. */
  pending: number;
  /** The offset of the last record that was delivered. */
  lastDelivered: string;
  /** How many records were not delivered yet; undefined when they have to be counted. */
  lag: number | undefined;
}

export const progress = defineScript<{ stream: string; group: string }, GroupProgress>({
  name: 'progress',
  uses: [closedPart],
  keys: { stream: ({ stream }) => stream },
  args: { group: ({ group }) => group },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, lastDelivered, lag] = reply as [number, Buffer, number | null | undefined];
    return { pending, lastDelivered: lastDelivered.toString('latin1'), lag: lag ?? undefined };
  },
});
