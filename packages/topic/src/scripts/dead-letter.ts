import { type Argument, defineScript } from '@redpost/core';
import type { Fields } from '../record/record.js';
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
    /** None, if they are to be taken from the stream. */
    fields: Fields;
  }[];
}

/** What became of a record: moved, not held any more, or held still, for its fields have to be sent. */
export type DeadLettered = 'moved' | 'lost' | 'trimmed';

const outcomes: readonly DeadLettered[] = ['lost', 'moved', 'trimmed'];

export const deadLetter = defineScript<DeadLetterInput, DeadLettered[]>({
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
  parse: (reply) => (reply as number[]).map((outcome) => outcomes[outcome] as DeadLettered),
});
