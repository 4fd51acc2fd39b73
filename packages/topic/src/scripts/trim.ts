import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { PartitionKeys } from '../topic-keys.js';
import { firstUnacknowledgedPart, offsetsPart } from './parts/parts.js';
import source from './trim.lua';

export interface TrimInput {
  keys: PartitionKeys;
  /** 0 for no limit. */
  maxLength: number;
  /** 0 for no limit. */
  maxAgeMs: number;
  onlyAcknowledged: boolean;
  /** Above this length, unacknowledged records are removed, too; 0 for never. */
  hardMaxLength: number;
}

/** The arguments that say what is removed. */
export const retentionArgs = {
  max_length: ({ maxLength }: TrimInput) => maxLength,
  max_age_ms: ({ maxAgeMs }: TrimInput) => maxAgeMs,
  only_acknowledged: ({ onlyAcknowledged }: TrimInput) => (onlyAcknowledged ? 1 : 0),
  hard_max_length: ({ hardMaxLength }: TrimInput) => hardMaxLength,
};

/** How many records were cut that some group had not acknowledged. */
export const trim = defineScript<TrimInput, number>({
  name: 'trim',
  uses: [clockPart, offsetsPart, firstUnacknowledgedPart],
  keys: { stream: ({ keys }) => keys.stream, stats: ({ keys }) => keys.stats },
  args: retentionArgs,
  lua: source,
  looksFirst: () => true,
  parse: Number,
});
