import { definePart, mostBytesPart } from '@redpost/core/consuming';
import delay from './delay.lua';
import ending from './ending.lua';
import envelope from './envelope.lua';
import fitting from './fitting.lua';
import handoff from './handoff.lua';
import held from './held.lua';
import inbox from './inbox.lua';
import returning from './return.lua';
import source from './source.lua';

/** `read_envelope`, `write_envelope`, `keep_id`: what scripts read and write of an element. */
export const envelopePart = definePart({ name: 'envelope', lua: envelope });

/** `hold`, `let_go`, `acknowledge` and others: what a consumer holds. */
export const heldPart = definePart({ name: 'held', needs: ['active', 'batches'], lua: held });

/** `hold_handed_off(receipt)`: what a blocking move has brought. */
export const handoffPart = definePart({
  name: 'handoff',
  uses: [heldPart],
  needs: ['handoff'],
  lua: handoff,
});

/** `fitting(elements, room)`: how many fit into an answer. */
export const fittingPart = definePart({ name: 'fitting', uses: [mostBytesPart], lua: fitting });

/** `take(count)` and `put_first(element)`: the end of the list that is read. */
export const sourcePart = definePart({
  name: 'source',
  uses: [fittingPart],
  needs: ['list', 'from'],
  lua: source,
});

/** `put_last(...)`: the end of the list that is written. */
export const inboxPart = definePart({ name: 'inbox', needs: ['list'], lua: inbox });

/** `return_element(element)`: to the suspects or to the list, to be taken next. */
export const returnPart = definePart({
  name: 'return',
  uses: [envelopePart, sourcePart],
  needs: ['suspects'],
  lua: returning,
});

/** `delay(due, element)`: an element among those that are due later. */
export const delayPart = definePart({ name: 'delay', needs: ['delayed'], lua: delay });

/** `finished(how, count)`: messages that are through. */
export const endingPart = definePart({ name: 'ending', needs: ['stats'], lua: ending });
