import {
  clockPart,
  definePart,
  mostBytesPart,
  writeBeforeGrowingPart,
} from '@redpost/core/consuming';
import cancelHeld from './cancel-held.lua';
import cancelWaiting from './cancel-waiting.lua';
import consumerPauses from './consumer-pauses.lua';
import cutting from './cutting.lua';
import deadLetters from './dead-letters.lua';
import debounced from './debounced.lua';
import declaring from './declaring.lua';
import delay from './delay.lua';
import dropping from './dropping.lua';
import earlierOnce from './earlier-once.lua';
import ending from './ending.lua';
import endingMembers from './ending-members.lua';
import envelope from './envelope.lua';
import findHeld from './find-held.lua';
import findWaiting from './find-waiting.lua';
import finding from './finding.lua';
import fitting from './fitting.lua';
import flow from './flow.lua';
import forgetKeys from './forget-keys.lua';
import concurrencyGate from './gate/concurrency.lua';
import gates from './gate/gates.lua';
import openGate from './gate/open.lua';
import pauseGate from './gate/pause.lua';
import rateGate from './gate/rate.lua';
import gcra from './gcra.lua';
import handoff from './handoff.lua';
import held from './held.lua';
import heldOnce from './held-once.lua';
import holders from './holders.lua';
import keys from './keys.lua';
import label from './label.lua';
import labels from './labels.lua';
import levels from './levels.lua';
import locate from './locate.lua';
import member from './member.lua';
import noMembers from './no-members.lua';
import notingOnce from './noting-once.lua';
import once from './once.lua';
import openedLabels from './opened-labels.lua';
import outbox from './outbox.lua';
import outgoing from './outgoing.lua';
import place from './place.lua';
import inList from './putting/in-list.lua';
import placed from './putting/placed.lua';
import rate from './rate.lua';
import redriven from './redriven.lua';
import removing from './removing.lua';
import results from './results.lua';
import returning from './return.lua';
import runOrder from './run-order.lua';
import shape from './shape.lua';
import signal from './signal.lua';
import fairSource from './source/fairly.lua';
import listSource from './source/list.lua';
import shapedSource from './source/shaped.lua';
import taking from './taking.lua';
import updateWaiting from './update-waiting.lua';
import waiting from './waiting.lua';
import wrongHeld from './wrong-held.lua';
import wrongPlace from './wrong-place.lua';
import wrongType from './wrong-type.lua';

/** `try(…)` and `wrong_type(key)`: keys of another type. */
const wrongTypePart = definePart({ name: 'wrong-type', lua: wrongType });

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

/** `cut(element)`: an element whose body may be large. */
export const cuttingPart = definePart({ name: 'cutting', needs: ['most_body'], lua: cutting });

/** `tell(what)`: what the consumers of the queue hear. */
export const signalPart = definePart({ name: 'signal', needs: ['signal'], lua: signal });

/** `shape_changed()` and `declare(field)`: a change of what the queue has declared. */
export const declaringPart = definePart({
  name: 'declaring',
  uses: [signalPart],
  needs: ['shape', 'seen'],
  lua: declaring,
});

/** `shape_version()`: what the queue has declared. */
export const shapePart = definePart({
  name: 'shape',
  uses: [clockPart, declaringPart],
  lua: shape,
});

/** `forget_pause_of(consumer)`: pauses of single consumers. */
export const consumerPausesPart = definePart({
  name: 'consumer-pauses',
  uses: [declaringPart],
  needs: ['shape'],
  lua: consumerPauses,
});

/** `place_of(text)`, `key_of(element)` and `id_at(text, at)`: the priority, the key and the id of a message. */
const placePart = definePart({ name: 'place', uses: [envelopePart], lua: place });

/** `once_of`, `begin_once` and `end_once`: messages that are sent once, until they are taken or done. */
export const oncePart = definePart({
  name: 'once',
  uses: [envelopePart, placePart, shapePart],
  needs: ['once'],
  lua: once,
});

/** `earlier_once(asked)`: in whose place none of these is sent. */
export const earlierOncePart = definePart({
  name: 'earlier-once',
  needs: ['once', 'open_windows', 'once_prefix'],
  lua: earlierOnce,
});

/** `post(target, delay, ttl_ms, element)` and `post_entry(…)`: what is sent to other queues. */
const outboxPart = definePart({
  name: 'outbox',
  uses: [clockPart],
  needs: ['outboxes', 'outbox_prefix'],
  lua: outbox,
});

/** `flow_of`, `end_member`, `post_ended` and others: messages that are members of flows. */
export const memberPart = definePart({
  name: 'member',
  uses: [envelopePart, placePart, shapePart, outboxPart],
  needs: ['list', 'members', 'shape'],
  lua: member,
});

/** `end_members(whole, receipts)` and `post_ended()`: members that are acknowledged with a lease. */
export const endingMembersPart = definePart({
  name: 'ending-members',
  uses: [heldPart, memberPart],
  needs: ['ended'],
  lua: endingMembers,
});

/** The same where no member is. */
export const noMembersPart = definePart({ name: 'no-members', lua: noMembers });

/** `hold_once`, `end_held` and others: those of them that a consumer holds. */
export const heldOncePart = definePart({
  name: 'held-once',
  uses: [oncePart, heldPart],
  needs: ['onces'],
  lua: heldOnce,
});

/** `note_brought`, `note_taken` and `note_acknowledged`: what a lease changes of them. */
export const notingOncePart = definePart({
  name: 'noting-once',
  uses: [heldOncePart],
  needs: ['shape'],
  lua: notingOnce,
});

/** `list_of_level(level)` and `suspects_of_level(level)`: where messages of a priority wait. */
export const levelsPart = definePart({
  name: 'levels',
  needs: ['returned', 'suspects', 'level_prefix'],
  lua: levels,
});

/** `put_of_key`, `free` and others: the states of the keys. */
export const keysPart = definePart({
  name: 'keys',
  uses: [clockPart, signalPart, shapePart, placePart],
  needs: [
    'shape',
    'ready',
    'later',
    'busy',
    'fair',
    'keys_by_pending',
    'keys_by_age',
    'idle',
    'key_prefix',
  ],
  lua: keys,
});

/** `read_label(label)` and `read_batch_label(label)`: what a label says. */
export const labelPart = definePart({ name: 'label', lua: label });

/** The labels of a batch that is opened. Each script that opens batches uses this part. */
export const openedLabelsPart = definePart({
  name: 'opened-labels',
  uses: [heldPart, labelPart],
  needs: ['labels'],
  lua: openedLabels,
});

/** `keep_turn(receipt)` and others: the order of a run. */
const runOrderPart = definePart({
  name: 'run-order',
  uses: [keysPart],
  needs: ['labels'],
  lua: runOrder,
});

/** `free(receipt)` and `keep_busy(receipt)`: the keys of what a consumer holds. */
export const labelsPart = definePart({
  name: 'labels',
  uses: [keysPart, openedLabelsPart, runOrderPart],
  needs: ['labels'],
  lua: labels,
});

/** `waiting()`: how many messages wait. */
export const waitingPart = definePart({
  name: 'waiting',
  uses: [levelsPart],
  needs: ['list', 'shape', 'fair', 'delayed', 'debounced'],
  lua: waiting,
});

/** `check_dropping(reads)`, `drop_oldest(count)` and `reads_dropped()`: room for new messages. */
export const droppingPart = definePart({
  name: 'dropping',
  uses: [oncePart, memberPart],
  needs: ['list', 'shape', 'stats'],
  lua: dropping,
});

/** `forget_keys(most)`: deletes what waits of keys. */
export const forgetKeysPart = definePart({
  name: 'forget-keys',
  uses: [keysPart, memberPart],
  lua: forgetKeys,
});

/** `wrong_place(element)`: where it would wait, if that is of another type. */
export const wrongPlacePart = definePart({
  name: 'wrong-place',
  uses: [wrongTypePart, envelopePart, placePart, levelsPart],
  needs: ['key_prefix'],
  lua: wrongPlace,
});

/** `wrong_of_held(receipts, wrong)`: whether what a consumer holds can be put elsewhere. */
export const wrongHeldPart = definePart({
  name: 'wrong-held',
  uses: [heldPart, wrongPlacePart],
  needs: ['handoff'],
  lua: wrongHeld,
});

/** `put_first`, `put_last`, `put_back` and `tell_returned`: where messages are returned to. */
export const returnPart = definePart({
  name: 'return',
  uses: [envelopePart, signalPart, placePart, levelsPart, keysPart],
  needs: ['returned', 'suspects'],
  lua: returning,
});

/** `keep_result(…)`, `keep_error(…)` and others: the results of messages that are through. */
export const resultsPart = definePart({
  name: 'results',
  uses: [envelopePart, placePart, wrongTypePart],
  needs: ['list', 'result_prefix', 'waiters_prefix'],
  lua: results,
});

/** `put_redriven(element, id)`: dead letters that are sent again. */
export const redrivenPart = definePart({
  name: 'redriven',
  uses: [clockPart, envelopePart, oncePart, resultsPart, returnPart],
  lua: redriven,
});

/** `debounce`, `end_debounce` and others: messages that wait until no other one comes. */
export const debouncedPart = definePart({
  name: 'debounced',
  uses: [returnPart],
  needs: ['debounced', 'debounced_firsts', 'debounced_elements'],
  lua: debounced,
});

/** `take_from(list, command, count, back)`: the elements of one answer. */
const takingPart = definePart({
  name: 'taking',
  uses: [fittingPart, signalPart, wrongTypePart],
  lua: taking,
});

/** `take(count, with_list)` and others: where messages of a plain queue are taken from. */
export const listSourcePart = definePart({
  name: 'list-source',
  uses: [takingPart],
  needs: ['list', 'returned', 'suspects', 'from'],
  lua: listSource,
});

/** `gcra_read`, `gcra_wait`, `gcra_grant`, `gcra_return` and `gcra_write`: a rate limit. */
export const gcraPart = definePart({ name: 'gcra', lua: gcra });

/** `rate_read`, `rate_due`, `rate_grant` and `rate_return`: the rate of a queue. */
export const ratePart = definePart({
  name: 'rate',
  uses: [gcraPart, signalPart],
  needs: ['shape', 'rate', 'consumer'],
  lua: rate,
});

/** `take_fairly(count, with_list)`: messages of keys that share the time of the handlers. */
const fairSourcePart = definePart({
  name: 'fair-source',
  uses: [takingPart, labelsPart, ratePart],
  needs: [
    'list',
    'returned',
    'suspects',
    'from',
    'count',
    'slack_us',
    'per_key',
    'most_keys',
    'first',
  ],
  lua: fairSource,
});

/** The same of a queue with priorities or keys. */
export const shapedSourcePart = definePart({
  name: 'shaped-source',
  uses: [fairSourcePart, levelsPart, writeBeforeGrowingPart],
  needs: ['list', 'returned', 'suspects', 'consumers', 'first'],
  lua: shapedSource,
});

/** `delay(due, element)`: an element among those that are due later. */
export const delayPart = definePart({ name: 'delay', needs: ['delayed'], lua: delay });

/** `put_sent(element, n)` and others: where messages of a producer wait. */
const placedPart = definePart({
  name: 'placed',
  uses: [placePart, levelsPart, keysPart],
  needs: ['list'],
  lua: placed,
});

/** The same of messages that have neither priorities nor keys. */
const inListPart = definePart({ name: 'in-list', needs: ['list'], lua: inList });

/** `given`, `goes_to_list(n)`, `send_messages(count)` and others: the messages of a producer. */
export const outgoingPart = definePart({
  name: 'outgoing',
  uses: [clockPart, delayPart, signalPart, placedPart],
  needs: ['list', 'delayed'],
  lua: outgoing,
});

/** `open_flow`, `count_ended`, `end_flow` and others: flows that continue in the queue. */
export const flowPart = definePart({
  name: 'flow',
  uses: [outgoingPart, memberPart, keysPart],
  needs: ['flows', 'flow_queues', 'flow_prefix', 'flow_results_prefix', 'nested_prefix'],
  lua: flow,
});

/** The same of messages that have neither priorities nor keys. */
export const listOutgoingPart = definePart({
  name: 'list-outgoing',
  uses: [clockPart, delayPart, signalPart, envelopePart, inListPart],
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

/** The gate of a pause, of the queue or of this consumer. */
const pauseGatePart = definePart({
  name: 'pause-gate',
  uses: [gatesPart],
  needs: ['consumer'],
  lua: pauseGate,
});

/** The gate that limits how many messages are active. */
const concurrencyGatePart = definePart({
  name: 'concurrency-gate',
  uses: [gatesPart, holdersPart],
  lua: concurrencyGate,
});

/** The gate that limits how many messages start in a time. */
const rateGatePart = definePart({
  name: 'rate-gate',
  uses: [gatesPart, ratePart],
  needs: ['slack_us', 'first'],
  lua: rateGate,
});

/** The gates of a queue that has a shape. */
export const shapedGateParts = [pauseGatePart, concurrencyGatePart, rateGatePart];

/** `has_id(element, bare_id)`: whether this is the message that is looked for. */
export const findingPart = definePart({ name: 'finding', needs: ['id', 'id_json'], lua: finding });

/** `remove(kind, key, element, …)`: deletes a message where it waits. */
const removingPart = definePart({
  name: 'removing',
  uses: [clockPart, placePart, keysPart],
  needs: ['list', 'returned', 'delayed', 'debounced', 'debounced_firsts', 'debounced_elements'],
  lua: removing,
});

/** `found(…)`, `found_held(…)` and `found_brought(…)`: tell where a message is. */
export const locatePart = definePart({ name: 'locate', uses: [envelopePart], lua: locate });

/** `found(…)`: cancels a message that waits. */
export const cancelWaitingPart = definePart({
  name: 'cancel-waiting',
  uses: [writeBeforeGrowingPart, removingPart, oncePart, memberPart, endingPart, resultsPart],
  needs: ['consumers', 'reason'],
  lua: cancelWaiting,
});

/** `found(…)`: changes a message that waits. */
export const updateWaitingPart = definePart({
  name: 'update-waiting',
  uses: [removingPart, returnPart, delayPart, levelsPart],
  needs: ['list', 'has_body', 'new_body', 'delay_ms', 'new_priority'],
  lua: updateWaiting,
});

/** `found(…)`: tells of a message that waits. */
export const findWaitingPart = definePart({ name: 'find-waiting', lua: findWaiting });

/** `found_held(receipt)` and `found_brought(element)`: tell that a consumer has a message. */
export const findHeldPart = definePart({ name: 'find-held', lua: findHeld });

/** `found_held(receipt)` and `found_brought(element)`: cancel a message that a consumer holds. */
export const cancelHeldPart = definePart({
  name: 'cancel-held',
  uses: [
    clockPart,
    signalPart,
    writeBeforeGrowingPart,
    heldPart,
    heldOncePart,
    holdersPart,
    labelsPart,
    memberPart,
    endingPart,
    resultsPart,
  ],
  needs: ['consumers', 'handoff', 'cancelled', 'reason'],
  lua: cancelHeld,
});
