import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import clock from './clock.lua';
import firstUnacknowledged from './first-unacknowledged.lua';
import offsets from './offsets.lua';
import source from './trim.lua';

export interface TrimInput {
  keys: PartitionKeys;
  /** 0 for no limit. */
  maxLength: number;
  /** 0 for no limit. */
  maxAgeMs: number;
  onlyAcknowledged: boolean;
  /** Above this length, unacknowledged records go all the same; 0 for never. */
  hardMaxLength: number;
}

/** How many records were cut that some group had not acknowledged. */
export const trim = defineScript<TrimInput, number>({
  name: 'trim',
  lua: clock + offsets + firstUnacknowledged + source,
  looksFirst: () => true,
  encode: ({ keys, maxLength, maxAgeMs, onlyAcknowledged, hardMaxLength }) => ({
    keys: [keys.stream, keys.stats],
    args: [maxLength, maxAgeMs, onlyAcknowledged ? 1 : 0, hardMaxLength],
  }),
  parse: Number,
});
