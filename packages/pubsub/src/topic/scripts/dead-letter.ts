import { type Argument, defineScript } from '@redpost/core';
import type { Fields } from '../record.js';
import type { GroupKeys } from '../topic-keys.js';
import source from './dead-letter.lua';
import keptFields from './kept-fields.lua';
import waiting from './waiting.lua';
import writeNothing from './write-nothing.lua';

export interface DeadLetterInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  records: readonly {
    offset: string;
    reason: string;
    error: string;
    attempt: number;
    fields: Fields;
  }[];
}

/** For each record: whether it was still held. */
export const deadLetter = defineScript<DeadLetterInput, boolean[]>({
  name: 'dead-letter',
  lua: waiting + keptFields + writeNothing + source,
  encode({ keys, group, consumer, records }) {
    const args: Argument[] = [group, consumer];
    for (const { offset, reason, error, attempt, fields } of records) {
      args.push(offset, reason, error, attempt, fields.length, ...fields);
    }
    return {
      keys: [keys.stream, keys.consumers, keys.suspects, keys.dead, keys.stats],
      args,
    };
  },
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
