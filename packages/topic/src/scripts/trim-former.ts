import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import { firstUnacknowledgedPart, offsetsPart } from './parts/parts.js';
import { retentionArgs, type TrimInput } from './trim.js';
import source from './trim-former.lua';

export interface TrimmedFormer {
  /** How many records were removed that some group had not acknowledged. */
  cut: number;
  removed: number;
  left: number;
}

/** How many records one call removes at most: it reads them to count them. */
export const mostTrimmed = 100;

export const trimFormer = defineScript<TrimInput, TrimmedFormer>({
  name: 'trim-former',
  uses: [clockPart, offsetsPart, firstUnacknowledgedPart],
  keys: { stream: ({ keys }) => keys.stream, stats: ({ keys }) => keys.stats },
  args: {
    ...retentionArgs,
    most: () => mostTrimmed,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [cut, removed, left] = reply as [number, number, number];
    return { cut, removed, left };
  },
});
