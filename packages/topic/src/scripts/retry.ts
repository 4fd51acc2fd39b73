import { type Argument, defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './retry.lua';
import waiting from './waiting.lua';

export interface RetryInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  signal: string;
  records: readonly { offset: string; attempt: number; delayMs: number }[];
}

/** For each record: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  lua: clock + waiting + source,
  encode({ keys, group, consumer, signal, records }) {
    const args: Argument[] = [group, consumer, signal];
    for (const { offset, attempt, delayMs } of records) args.push(offset, attempt, delayMs);
    return {
      keys: [keys.stream, keys.consumers, keys.delayed, keys.suspects, keys.stats],
      args,
    };
  },
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
