import { type Argument, defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import clock from './clock.lua';
import delay from './delay.lua';
import envelope from './envelope.lua';
import source from './retry.lua';
import writeNothing from './write-nothing.lua';

export interface RetryInput {
  keys: QueueKeys;
  consumer: string;
  /** The end of the list that elements are taken from: what is retried at once is next. */
  from: 'LEFT' | 'RIGHT';
  deliveries: readonly { receipt: number; delayMs: number }[];
}

/** For each delivery: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  lua: clock + envelope + delay + writeNothing + batches + source,
  encode({ keys, consumer, from, deliveries }) {
    const args: Argument[] = [consumer, from === 'RIGHT' ? 'RPUSH' : 'LPUSH', keys.signal];
    for (const { receipt, delayMs } of deliveries) args.push(receipt, delayMs);
    return {
      keys: [keys.list, keys.active(consumer), keys.batches(consumer), keys.delayed, keys.stats],
      args,
    };
  },
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
