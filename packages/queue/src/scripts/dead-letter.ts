import { type Argument, defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import source from './dead-letter.lua';
import envelope from './envelope.lua';
import writeNothing from './write-nothing.lua';

export interface DeadLetterInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly { receipt: number; reason: string; error: string }[];
}

/** For each delivery: whether it was still held. */
export const deadLetter = defineScript<DeadLetterInput, boolean[]>({
  name: 'dead-letter',
  lua: envelope + writeNothing + batches + source,
  encode({ keys, consumer, deliveries }) {
    const args: Argument[] = [consumer];
    for (const { receipt, reason, error } of deliveries) args.push(receipt, reason, error);
    return { keys: [keys.active(consumer), keys.batches(consumer), keys.dead, keys.stats], args };
  },
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
