import { clockPart, definePart, mostBytesPart } from '@redpost/core/consuming';
import deadLetters from './dead-letters.lua';
import delay from './delay.lua';
import ending from './ending.lua';
import envelope from './envelope.lua';
import fitting from './fitting.lua';
import concurrencyGate from './gate/concurrency.lua';
import gates from './gate/gates.lua';
import openGate from './gate/open.lua';
import pauseGate from './gate/pause.lua';
import gcra from './gcra.lua';
import handoff from './handoff.lua';
import held from './held.lua';
import holders from './holders.lua';
import outgoing from './outgoing.lua';
import returning from './return.lua';
import shape from './shape.lua';
import signal from './signal.lua';
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

/** `tell(what)`: what the consumers of the queue hear. */
export const signalPart = definePart({ name: 'signal', needs: ['signal'], lua: signal });

/** `put_first`, `put_last`, `put_back` and `tell_returned`: where messages are returned to. */
export const returnPart = definePart({
  name: 'return',
  uses: [envelopePart, signalPart],
  needs: ['returned', 'suspects'],
  lua: returning,
});

/** `take(count, with_list)`: where messages are taken from. */
export const sourcePart = definePart({
  name: 'source',
  uses: [fittingPart, signalPart],
  needs: ['list', 'returned', 'from'],
  lua: source,
});

/** `delay(due, element)`: an element among those that are due later. */
export const delayPart = definePart({ name: 'delay', needs: ['delayed'], lua: delay });

/** `given`, `is_delayed(n)` and `send_messages(count)`: the messages of a producer. */
export const outgoingPart = definePart({
  name: 'outgoing',
  uses: [clockPart, delayPart, signalPart],
  needs: ['list', 'delayed'],
  lua: outgoing,
});

/** `finished(how, count)`: messages that are through. */
export const endingPart = definePart({ name: 'ending', needs: ['stats'], lua: ending });

/** `add_dead_letter(…)` and `trim_dead_letters(added)`: the dead letters, within the bounds of the queue. */
export const deadLettersPart = definePart({
  name: 'dead-letters',
  uses: [clockPart, endingPart],
  needs: ['dead', 'shape', 'stats'],
  lua: deadLetters,
});

/** `shape_version()` and `shape_changed()`: what the queue has declared. */
export const shapePart = definePart({
  name: 'shape',
  uses: [clockPart, signalPart],
  needs: ['shape', 'seen'],
  lua: shape,
});

/** `most_active()`, `note_holder()` and others: how many messages each consumer holds, where that is limited. */
export const holdersPart = definePart({
  name: 'holders',
  uses: [heldPart, signalPart],
  needs: ['shape', 'holders', 'handoff', 'consumer'],
  lua: holders,
});

/** `is_reshaped()`, `allowed(count)` and `took(count)`: the gate of a plain queue. */
export const openGatePart = definePart({ name: 'open-gate', needs: ['shape'], lua: openGate });

/** The same of a queue that has a shape: what its gates say together. */
const gatesPart = definePart({
  name: 'gates',
  uses: [shapePart],
  needs: ['version'],
  lua: gates,
});

/** The gate of a pause. */
const pauseGatePart = definePart({ name: 'pause-gate', uses: [gatesPart], lua: pauseGate });

/** The gate that limits how many messages are active. */
const concurrencyGatePart = definePart({
  name: 'concurrency-gate',
  uses: [gatesPart, holdersPart],
  lua: concurrencyGate,
});

/** The gates of a queue that has a shape. */
export const shapedGateParts = [gatesPart, pauseGatePart, concurrencyGatePart];

/** `gcra_read`, `gcra_wait`, `gcra_grant`, `gcra_return` and `gcra_write`: a rate limit. */
export const gcraPart = definePart({ name: 'gcra', lua: gcra });
