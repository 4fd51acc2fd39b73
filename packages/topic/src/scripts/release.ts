import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './release.lua';
import waiting from './waiting.lua';

export interface ReleaseInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  signal: string;
  /** What to give back, or what not to: then all else that the consumer holds. */
  chosen: { only: readonly string[] } | { allBut: readonly string[] };
}

/** The offsets of the records that were given back. */
export const release = defineScript<ReleaseInput, string[]>({
  name: 'release',
  lua: clock + waiting + source,
  encode: ({ keys, group, consumer, signal, chosen }) => ({
    keys: [keys.stream, keys.consumers, keys.delayed, keys.suspects],
    args: [group, consumer, signal, ...('only' in chosen ? chosen.only : ['!', ...chosen.allBut])],
  }),
  parse: (reply) => (reply as Buffer[]).map(String),
});
