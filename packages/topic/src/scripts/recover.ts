import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import keptFields from './kept-fields.lua';
import source from './recover.lua';
import waiting from './waiting.lua';

export interface RecoverInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  maxAttempts: number;
  /** How long a record of a consumer that has no lease must have been left alone, in ms. */
  idleMs: number;
  signal: string;
}

/** Undefined when its lease has not run out (any more). */
export type RecoverResult = { handedOn: number; deadLettered: number } | undefined;

export const recover = defineScript<RecoverInput, RecoverResult>({
  name: 'recover',
  lua: clock + waiting + keptFields + source,
  encode: ({ keys, group, consumer, maxAttempts, idleMs, signal }) => ({
    keys: [keys.stream, keys.consumers, keys.suspects, keys.dead, keys.stats],
    args: [group, consumer, maxAttempts, idleMs, signal],
  }),
  parse(reply) {
    if (reply === null) return undefined;
    const [handedOn, deadLettered] = reply as [number, number];
    return { handedOn, deadLettered };
  },
});
