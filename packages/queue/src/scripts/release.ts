import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import envelope from './envelope.lua';
import giveBack from './give-back.lua';
import source from './release.lua';
import writeNothing from './write-nothing.lua';

export interface ReleaseInput {
  keys: QueueKeys;
  consumer: string;
  from: 'LEFT' | 'RIGHT';
  receipts: readonly number[];
  /** True when handlers have had them, and know them by their ids. */
  wereStarted: boolean;
}

/** How many were still held, and given back. */
export const release = defineScript<ReleaseInput, number>({
  name: 'release',
  lua: envelope + giveBack + writeNothing + batches + source,
  encode: ({ keys, consumer, from, receipts, wereStarted }) => ({
    keys: [keys.list, keys.active(consumer), keys.batches(consumer), keys.suspects],
    args: [
      from === 'RIGHT' ? 'RPUSH' : 'LPUSH',
      keys.signal,
      wereStarted ? consumer : '',
      ...[...receipts].sort((a, b) => b - a),
    ],
  }),
  parse: (reply) => reply as number,
});
