import { defineScript } from '@redpost/core';
import { writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { Fields } from '../record/record.js';
import type { GroupKeys } from '../topic-keys.js';
import source from './dead-letter.lua';
import { heldPart, keptFieldsPart } from './parts/parts.js';
import { groupKeys } from './script-keys.js';

export interface DeadLetterInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  records: readonly {
    offset: string;
    reason: string;
    error: string;
    attempt: number;
    /** Empty if the script has to copy the fields from the stream. */
    fields: Fields;
  }[];
}

/** What the script did with a record: moved it, no longer found it held, or could not copy the fields of a trimmed one. */
export type DeadLettered = 'moved' | 'lost' | 'trimmed';

const outcomes: readonly DeadLettered[] = ['lost', 'moved', 'trimmed'];

export const deadLetter = defineScript<DeadLetterInput, DeadLettered[]>({
  name: 'dead-letter',
  uses: [heldPart, keptFieldsPart, writeBeforeGrowingPart],
  keys: groupKeys('stream', 'consumers', 'suspects', 'dead', 'stats'),
  args: { group: ({ group }) => group, consumer: ({ consumer }) => consumer },
  rest: ({ records }) =>
    records.flatMap(({ offset, reason, error, attempt, fields }) => [
      offset,
      reason,
      error,
      attempt,
      fields.length,
      ...fields,
    ]),
  lua: source,
  parse: (reply) => (reply as number[]).map((outcome) => outcomes[outcome] as DeadLettered),
});
