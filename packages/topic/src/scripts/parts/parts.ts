import { definePart } from '@redpost/core/consuming';
import closed from './closed.lua';
import firstUnacknowledged from './first-unacknowledged.lua';
import held from './held.lua';
import keptFields from './kept-fields.lua';
import offsets from './offsets.lua';
import present from './present.lua';
import returnRecord from './return-record.lua';
import waiting from './waiting.lua';

/** `waiting`: under which name records are pending that no consumer has. */
export const waitingPart = definePart({ name: 'waiting', lua: waiting });

/** `before`, `place`, `sortable` and `offset_of`: offsets and their order. */
export const offsetsPart = definePart({ name: 'offsets', lua: offsets });

/** `held_record(offset)` and `most_held`: what the consumer holds. */
export const heldPart = definePart({
  name: 'held',
  needs: ['stream', 'group', 'consumer'],
  lua: held,
});

/** `return_record(pending, time)`: uncounted, to where it came from. */
export const returnRecordPart = definePart({
  name: 'return-record',
  uses: [waitingPart, offsetsPart],
  needs: ['stream', 'group', 'delayed', 'suspects'],
  lua: returnRecord,
});

/** `kept_fields(fields)`: those that a dead letter keeps. */
export const keptFieldsPart = definePart({ name: 'kept-fields', lua: keptFields });

/** `first_unacknowledged()`: where the slowest group is. */
export const firstUnacknowledgedPart = definePart({
  name: 'first-unacknowledged',
  uses: [offsetsPart],
  needs: ['stream'],
  lua: firstUnacknowledged,
});

/** `is_closed()`, and `last_offset`, which a closed stream has: a partition that gets no more records. */
export const closedPart = definePart({ name: 'closed', needs: ['stream'], lua: closed });

/** `make_stream()`: without a record. */
export const presentPart = definePart({ name: 'present', needs: ['stream'], lua: present });
