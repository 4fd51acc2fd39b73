import type { Connection } from '@redpost/core';
import { expect } from 'vitest';
import { type Sought, search } from '../../src/admin/search.js';
import type { QueueContext } from '../../src/context.js';
import { type QueueKeys, queueKeys } from '../../src/keys.js';
import {
  attemptJson,
  encodeEnvelope,
  handlingJson,
  onceJson,
  placeJson,
} from '../../src/message/envelope.js';
import { addDead } from '../../src/scripts/add-dead.js';
import { cancelHeld, cancelWaiting } from '../../src/scripts/cancel.js';
import { deadLetter } from '../../src/scripts/dead-letter.js';
import { destroy } from '../../src/scripts/destroy.js';
import { findHeld } from '../../src/scripts/find.js';
import { finish } from '../../src/scripts/finish.js';
import { type LeaseInput, type LeaseResult, leaseOf } from '../../src/scripts/lease.js';
import { leave } from '../../src/scripts/leave.js';
import { pauseConsumer, resumeConsumer } from '../../src/scripts/pause-consumer.js';
import { pauseKey, resumeKey } from '../../src/scripts/pause-key.js';
import { promote } from '../../src/scripts/promote.js';
import { purge } from '../../src/scripts/purge.js';
import { type OutboxEntry, readOutbox } from '../../src/scripts/read-outbox.js';
import { readShape } from '../../src/scripts/read-shape.js';
import { receive } from '../../src/scripts/receive.js';
import { reclaim } from '../../src/scripts/reclaim.js';
import { recover } from '../../src/scripts/recover.js';
import { redrive } from '../../src/scripts/redrive.js';
import { release } from '../../src/scripts/release.js';
import { removeSchedule } from '../../src/scripts/remove-schedule.js';
import { renew } from '../../src/scripts/renew.js';
import { reshape } from '../../src/scripts/reshape.js';
import { retry } from '../../src/scripts/retry.js';
import { send, sendPlaced } from '../../src/scripts/send.js';
import { type SendConditionalResult, sendConditional } from '../../src/scripts/send-conditional.js';
import { sendOnce } from '../../src/scripts/send-once.js';
import { sendTicks, type TickedSchedule } from '../../src/scripts/send-ticks.js';
import { stats } from '../../src/scripts/stats.js';
import { type UpdateInput, updateWaiting } from '../../src/scripts/update.js';
import { writeSchedule } from '../../src/scripts/write-schedule.js';
import { type Condition, isInHeader } from '../../src/sending/condition.js';
import { checkedChanges, type QueueLimitChanges } from '../../src/shape/limits.js';
import { pauseFields, plain, type Shape } from '../../src/shape/shape.js';
import type { Batch } from '../../src/store/acknowledgements.js';
import { checkAgreement, checkNothingIsLeft } from './agreement.js';
import { look, passTime } from './look.js';
import type { Message, ModelConsumer } from './model-consumer.js';
import type { ModelCondition } from './once-model.js';
import type { ModelEntry } from './outbox-model.js';
import { noLimits, QueueModel, type Sent, tickMs } from './queue-model.js';

type UpdateFound = 'updated' | 'keyed' | 'malformed' | 'active';

const leaseMs = 3_600_000;
const maxAttempts = 2;

/** A message to send. */
export interface Outgoing {
  priority: number;
  key: string | undefined;
  /** In ticks. */
  delay: number;
  ttlMs: number;
  /** How long ago it was sent by the clock of its producer, in ticks. */
  age: number;
  condition?: ModelCondition | undefined;
  keepsResult?: boolean;
  /** How often it was attempted elsewhere. */
  attempt?: number;
}

/** What one call of `finish` does with what a consumer holds. */
export interface FinishStep {
  mask: number;
  how: 'done' | 'expired' | 'cancelled';
  hasValue: boolean;
  /** What follows each message. */
  followUps: readonly Outgoing[];
}

/** A process that relays the outbox, and may be late with that. */
class Relayer {
  entries: OutboxEntry[] = [];
  known: ModelEntry[] = [];
  source = '';
  received = { id: '', seq: 0 };
}

/** What a consumer is about to do with one lease call. */
export interface LeaseStep {
  /** Which of what it holds is acknowledged: see `chosen`. */
  mask: number;
  count: number;
  withList: boolean;
  withSuspect: boolean;
  /** The acknowledgements of the last call come once more, as after an answer that got lost. */
  repeats: boolean;
  expires: boolean;
  /** How many messages of one key may be taken together, if one at a time is handled. */
  perKey: number;
  ranUs: number;
}

/** A consumer, as its process knows it. */
class SimulatedConsumer {
  shape: Shape = plain;
  nextReceipt = 1;
  /** The receipt of what a blocking move has brought, which the server does not know yet. */
  brought: number | undefined;
  acked: number[] = [];
  batches: Batch[] = [];
  /** Receipts that are settled. */
  settled: number[] = [];

  constructor(readonly model: ModelConsumer) {}

  get name(): string {
    return this.model.name;
  }

  takeReceipts(count: number): number {
    const first = this.nextReceipt;
    this.nextReceipt += count;
    return first;
  }

  /** Without those that are acknowledged in another way. */
  leasable(receipts: readonly number[]): number[] {
    return receipts.filter((receipt) => !this.model.held.get(receipt)?.keepsResult);
  }

  /** Some of the receipts it holds: a bit for each. With the highest bit, also one that is settled. */
  chosen(mask: number): number[] {
    const held = [...this.model.held.keys()].filter((_, at) => mask & (1 << (at % 8)));
    const stale = mask & 256 ? this.settled.slice(-1) : [];
    return [...held, ...stale].sort((a, b) => a - b);
  }
}

/** A queue in Redis, with several consumers in this process, and the model that it is compared with after each step. */
export class Simulation {
  readonly model: QueueModel;
  readonly consumers: SimulatedConsumer[] = [];
  readonly #name: string;
  readonly #keys: QueueKeys;
  /** How often Redis was compared with the model. */
  steps = 0;
  #sent = 0;

  constructor(
    private readonly connection: Connection,
    { name, isLifo }: { name: string; isLifo: boolean },
  ) {
    this.#name = name;
    this.#keys = queueKeys(name);
    this.model = new QueueModel(isLifo);
  }

  /** A consumer by any number: mostly one with a lease. Undefined while there is none. */
  consumer(number: number): SimulatedConsumer | undefined {
    const present = this.consumers.filter(({ model }) => isPresent(model));
    const chosen = number % 5 === 0 || present.length === 0 ? this.consumers : present;
    return chosen[number % chosen.length];
  }

  // Producers.

  async send(messages: readonly Outgoing[]): Promise<void> {
    const numbered = messages.map((message) => ({ ...message, n: this.#number() }));
    const sent = numbered.map((message) => {
      return this.model.send(messageOf(message), delayOf(message), message.condition);
    });
    const outgoing = numbered.map((message) => ({
      id: String(message.n),
      element: elementOf(message),
      delayMs: delayOf(message) * tickMs,
      ttlMs: message.ttlMs,
      condition: message.condition && inMs(message.condition),
    }));
    const hasNoPlace = messages.every(({ priority, key }) => priority === 4 && key === undefined);
    const isInList = hasNoPlace && messages.every(({ delay, ttlMs }) => delay + ttlMs === 0);
    const hasOthers = outgoing.some(({ condition }) => condition && !isInHeader(condition));
    if (messages.some(({ condition }) => condition)) {
      const input = { keys: this.#keys, messages: outgoing };
      if (isInList && !hasOthers) {
        const duplicates = await this.#step(this.connection.run(sendOnce, input));
        expect(duplicates).toEqual(sent.flatMap(duplicateOf));
      } else {
        const result = await this.#step(this.connection.run(sendConditional, input));
        expect(result.statuses.map(sentOf)).toEqual(sent);
      }
    } else if (isInList) {
      const elements = outgoing.map(({ element }) => element);
      await this.#step(this.connection.call('LPUSH', [this.#keys.list, ...elements]));
    } else {
      const script = hasNoPlace ? send : sendPlaced;
      const input = { keys: this.#keys, messages: outgoing };
      const refused = [...sent.keys()].filter((at) => sent[at]?.status === 'key-full');
      expect(await this.#step(this.connection.run(script, input))).toEqual(refused);
    }
  }

  /** Dead letters of another system. */
  async addDead(messages: readonly Outgoing[]): Promise<void> {
    const numbered = messages.map((message) => ({ ...message, n: this.#number() }));
    this.model.dead.push(...numbered.map(messageOf));
    const letters = numbered.map((message) => {
      return { reason: 'r', error: 'e', stack: '', element: elementOf(message) };
    });
    const entries = this.connection.run(addDead, { keys: this.#keys, letters });
    expect(await this.#step(entries)).toHaveLength(letters.length);
  }

  /** The messages of a schedule's ticks, which are sent unless somebody else has moved the schedule on. */
  async tick(messages: readonly Outgoing[], isLate: boolean): Promise<void> {
    const name = 'schedule';
    const input = { keys: this.#keys, name };
    const spec = Buffer.from('{}\n');
    await this.connection.run(writeSchedule, {
      ...input,
      expected: '',
      spec,
      state: 's',
      next: null,
    });
    const numbered = messages.map((message) => ({ ...message, n: this.#number() }));
    const sent = numbered.map((message) => {
      if (isLate) return 'late';
      const { status } = this.model.send(messageOf(message), delayOf(message), message.condition);
      return (
        ({ duplicate: 'skipped', 'key-full': 'refused' } as Record<string, string>)[status] ??
        status
      );
    });
    const ticked: TickedSchedule = {
      name,
      expected: isLate ? 'another' : 's',
      state: 'next',
      next: undefined,
      onceKey: messages[0]?.condition?.key,
      key: undefined,
      messages: numbered.map((message) => ({
        id: String(message.n),
        idJson: `"${message.n}"`,
        element: elementOf(message),
        delayMs: delayOf(message) * tickMs,
        ttlMs: message.ttlMs,
      })),
    };
    const results = this.connection.run(sendTicks, { keys: this.#keys, schedules: [ticked] });
    // In the same round trip: an empty queue is to leave nothing.
    const removed = this.connection.run(removeSchedule, input);
    expect(await this.#step(results)).toEqual(sent);
    await removed;
  }

  async pushBare(): Promise<void> {
    const n = this.#number();
    this.#bare.add(n);
    const bare = { n, id: n, level: 4, key: undefined, attempt: 0, isSuspect: false };
    this.model.push({ ...bare, age: undefined });
    await this.#step(this.connection.call('LPUSH', [this.#keys.list, String(n)]));
  }

  readonly #bare = new Set<number>();

  #number(): number {
    this.#sent += 1;
    return this.#sent;
  }

  // Consumers.

  async join(): Promise<void> {
    const name = `${this.consumers.length}.${leaseMs}`;
    const consumer = new SimulatedConsumer(this.model.join(name));
    this.consumers.push(consumer);
    await this.#renew(consumer, true);
  }

  async renew(consumer: SimulatedConsumer): Promise<void> {
    await this.#learnShape(consumer);
    await this.#renew(consumer, false);
  }

  async #renew(consumer: SimulatedConsumer, take: boolean): Promise<void> {
    const { state } = consumer.model;
    const isThere = take || isPresent(consumer.model);
    if (isThere) this.model.renew(consumer.model);
    const result = await this.#step(
      this.connection.run(renew, {
        ...this.#of(consumer),
        leaseMs,
        take,
        inForce: consumer.shape.version,
      }),
    );
    expect(result.status).toBe(isThere ? 'held' : 'lost');
    if (result.status !== 'held') return;
    expect(result.held).toBe(consumer.model.count);
    if (state === 'alive') expect(result.overdue.sort()).toEqual(this.#overdue.sort());
  }

  get #overdue(): string[] {
    return this.model.consumers.flatMap(({ name, state, rememberedUntil = Number.NaN }) => [
      ...(state === 'overdue' ? [name] : []),
      ...(rememberedUntil <= this.model.tick ? [`~${name}`] : []),
    ]);
  }

  async #learnShape(consumer: SimulatedConsumer): Promise<void> {
    // Who holds no lease any more learns nothing.
    const shape = await this.connection.run(readShape, this.#of(consumer));
    consumer.shape = shape ?? consumer.shape;
  }

  async lease(consumer: SimulatedConsumer, step: LeaseStep): Promise<void> {
    const { name, model } = consumer;
    const fresh = consumer.leasable(consumer.chosen(step.mask & 255));
    const acked = step.repeats ? [...new Set([...consumer.acked, ...fresh])] : fresh;
    const isSuspectHeld = [...model.held.values()].some(({ isSuspect }) => isSuspect);
    const { whole, single } = inBatches(consumer, acked);
    const asking = {
      count: step.count,
      withList: step.withList,
      withSuspect: step.withSuspect && !isSuspectHeld,
      firstReceipt: consumer.takeReceipts(step.count + 1),
      handedOff: consumer.brought,
      acked,
      expired: step.expires ? acked.length : 0,
      perKey: 1,
    };
    const attempt = () => {
      const { shape } = consumer;
      const { keyConcurrency = 1, keyRate } = shape.limits;
      // What is overdue is recovered next: see `crash`.
      const takesRuns = keyConcurrency === 1 && !keyRate && model.state === 'alive';
      asking.perKey = takesRuns ? step.perKey : 1;
      const input: LeaseInput = {
        ...asking,
        keys: this.#keys,
        version: shape.version,
        consumer: name,
        from: this.model.isLifo ? 'LEFT' : 'RIGHT',
        asBatch: true,
        acked: { batches: whole, receipts: single, expired: asking.expired },
        rans: shape.hasKeys
          ? [
              ...whole.map(({ count, runs = Array(count).fill(1) }) => runs),
              single.map(() => 1),
            ].map((counts) => counts.map((each) => Math.abs(each) * step.ranUs))
          : undefined,
      };
      return this.connection.run(leaseOf(shape), input);
    };

    const isThere = isPresent(model);
    let result = await attempt();
    if (result.status === 'reshaped') {
      await this.#learnShape(consumer);
      result = await attempt();
    }
    expect(result.status).toBe(isThere ? 'held' : 'lost');
    if (result.status === 'held') await this.#leased(consumer, asking, result);
    await this.#step();
  }

  async #leased(
    consumer: SimulatedConsumer,
    asking: Parameters<QueueModel['lease']>[1],
    result: Extract<LeaseResult, { status: 'held' }>,
  ): Promise<void> {
    const left = (await this.connection.call('LRANGE', [this.#keys.suspects, 0, -1])) as Buffer[];
    const { suspect, elements, isPacked, isSuspectLater, runs } = result;
    const given = {
      suspect: suspect && numberOf(suspect.bytes),
      taken: elements.map(({ bytes }) => numberOf(bytes)),
      suspectsLeft: left.map(numberOf).reverse(),
      isSuspectLater,
    };
    this.model.serverMs = result.now;
    this.model.lease(consumer.model, asking, given);
    consumer.brought = undefined;
    consumer.acked = [...asking.acked];
    consumer.settled.push(...asking.acked);
    if (isPacked && elements.length > 1) {
      const first = asking.firstReceipt + (suspect ? 1 : 0);
      consumer.batches.push({ first, count: elements.length, runs });
    }
  }

  /** A blocking move brings it an element of the list, if there is one. */
  async move(consumer: SimulatedConsumer): Promise<void> {
    const { model, name } = consumer;
    const isThere = isPresent(model);
    const found = this.model.move(model);
    if (found && isThere) consumer.brought = consumer.takeReceipts(1);
    const to = this.#keys.handoff(name);
    const from = this.model.isLifo ? 'LEFT' : 'RIGHT';
    await this.#step(this.connection.call('LMOVE', [this.#keys.list, to, from, 'LEFT']));
  }

  async reclaim(consumer: SimulatedConsumer): Promise<void> {
    const { model, brought: handedOff } = consumer;
    const isThere = isPresent(model);
    const firstReceipt = consumer.takeReceipts(100);
    if (isThere) this.model.reclaim(model, firstReceipt, handedOff);
    const result = await this.#step(
      this.connection.run(reclaim, { ...this.#of(consumer), firstReceipt, handedOff }),
    );
    expect(result.status).toBe(isThere ? 'held' : 'lost');
    if (result.status !== 'held') return;
    consumer.brought = undefined;
    expect(result.receipts).toEqual([...model.held.keys()].sort((a, b) => a - b));
  }

  async finish(consumer: SimulatedConsumer, step: FinishStep): Promise<void> {
    const { mask, how, hasValue } = step;
    const finishes = consumer.chosen(mask).map((receipt) => ({
      ...{ receipt, how, hasValue },
      outgoing: step.followUps.map((next) => ({ ...next, n: this.#number() })),
    }));
    const deliveries = finishes.map(({ receipt, outgoing }) => ({
      ...{ receipt, how, value: hasValue ? 'v' : undefined, ranUs: 5 },
      followUps: outgoing.map((next) => ({
        ...{ target: this.#name, id: String(next.n), element: elementOf(next) },
        ...{ delayMs: delayOf(next) * tickMs, at: 0, ttlMs: next.ttlMs, isPlain: false },
      })),
    }));
    const arePlain = how === 'done' && !hasValue && step.followUps.length === 0;
    const expected = this.model.finish(
      consumer.model,
      finishes.map(({ outgoing, ...finish }) => ({
        ...finish,
        followUps: outgoing.map((next) => ({ message: messageOf(next), delay: delayOf(next) })),
      })),
    );
    const result = await this.#step(
      this.connection.run(finish, {
        ...this.#of(consumer),
        plain: arePlain ? deliveries : [],
        others: arePlain ? [] : deliveries,
      }),
    );
    expect(result).toEqual(expected);
    consumer.settled.push(...finishes.map(({ receipt }) => receipt));
  }

  async retry(
    consumer: SimulatedConsumer,
    step: { mask: number; delay: number; holdsKey: boolean; ranUs: number },
  ): Promise<void> {
    const { delay, holdsKey, ranUs } = step;
    const receipts = consumer.chosen(step.mask);
    const expected = this.model.retry(consumer.model, receipts, delay, holdsKey);
    const deliveries = receipts.map((receipt) => ({ receipt, delayMs: delay * tickMs, ranUs }));
    const result = await this.#step(
      this.connection.run(retry, { ...this.#of(consumer), deliveries, holdsKey }),
    );
    expect(result).toEqual(expected);
    consumer.settled.push(...receipts);
  }

  async deadLetter(consumer: SimulatedConsumer, mask: number): Promise<void> {
    const receipts = consumer.chosen(mask);
    const expected = this.model.deadLetter(consumer.model, receipts);
    const kept = '{"name":"Error","message":"e"}';
    const deliveries = receipts.map((receipt) => {
      return { receipt, reason: 'r', error: 'e', ranUs: 3, kept };
    });
    const result = await this.#step(
      this.connection.run(deadLetter, { ...this.#of(consumer), deliveries }),
    );
    expect(result).toEqual(expected);
    consumer.settled.push(...receipts);
  }

  /** Cancels what it holds, by the ids: a bare payload has another one than its number. */
  async cancel(consumer: SimulatedConsumer, mask: number): Promise<void> {
    for (const receipt of consumer.chosen(mask & 255)) {
      const message = consumer.model.held.get(receipt);
      if (!message || this.#bare.has(message.n)) continue;
      this.model.cancelHeld(consumer.model, receipt);
      const input = { ...this.#of(consumer), id: String(message.id), after: '', reason: 'r' };
      const result = await this.connection.run(cancelHeld, input);
      expect(result).toEqual({ status: 'held', found: 'signalled' });
      // As the consumer does when it has read the reasons.
      await this.#step(this.connection.call('DEL', [this.#keys.cancelled(consumer.name)]));
      consumer.settled.push(receipt);
    }
  }

  async release(consumer: SimulatedConsumer, mask: number, wereStarted: boolean): Promise<void> {
    const receipts = consumer.chosen(mask);
    const expected = this.model.release(consumer.model, receipts, wereStarted);
    const input = { ...this.#of(consumer), receipts, wereStarted };
    expect(await this.#step(this.connection.run(release, input))).toBe(expected);
    consumer.settled.push(...receipts);
  }

  async leave(consumer: SimulatedConsumer, mayBeBlocked: boolean): Promise<void> {
    const expected = this.model.leave(consumer.model, mayBeBlocked);
    consumer.brought = undefined;
    const input = { ...this.#of(consumer), mayBeBlocked };
    expect(await this.#step(this.connection.run(leave, input))).toBe(expected);
  }

  /** Its lease runs out. */
  async crash({ model, name }: SimulatedConsumer): Promise<void> {
    model.state = 'overdue';
    await this.#step(this.connection.call('ZADD', [this.#keys.consumers, 'XX', 1, name]));
  }

  /** Recovers the first of those that are overdue. */
  async recover(number: number): Promise<void> {
    const all = this.#overdue;
    const overdue = all[number % all.length] as string;
    const name = overdue.replace('~', '');
    const model = this.model.consumers.find((each) => each.name === name) as ModelConsumer;
    const expected = this.model.recover(model, maxAttempts);
    const result = await this.#step(
      this.connection.run(recover, { keys: this.#keys, overdue, maxAttempts }),
    );
    expect(result).toEqual(expected);
    const consumer = this.consumers.find((each) => each.name === name) as SimulatedConsumer;
    consumer.brought = undefined;
  }

  get hasOverdue(): boolean {
    return this.#overdue.length > 0;
  }

  // What is on its way.

  readonly #relayers = [new Relayer(), new Relayer()];

  /** Deletes what this relayer knows to be received, and reads what comes next. */
  async readOutbox(number: number, count: number): Promise<void> {
    const relayer = this.#relayers[number % this.#relayers.length] as Relayer;
    const { received } = relayer;
    const known = this.model.outbox.read(received.seq, count);
    const input = { keys: this.#keys, target: this.#name, received: received.id, count };
    const { incarnation, entries } = await this.#step(this.connection.run(readOutbox, input));
    const numbers = entries.map(({ element }) => numberOf(element));
    expect(numbers).toEqual(known.map(({ message }) => message.n));
    Object.assign(relayer, { entries, known, source: `${incarnation}:${this.#name}` });
  }

  /** What it has read is received, if that has not happened yet: it may have read it long ago, and do it again. */
  async receive(number: number): Promise<void> {
    const relayer = this.#relayers[number % this.#relayers.length] as Relayer;
    const { entries, known, source } = relayer;
    const [last, lastKnown] = [entries.at(-1), known.at(-1)];
    if (!last || !lastKnown) return;
    const expected = this.model.receive(known);
    const input = { keys: this.#keys, source, entries };
    expect(await this.#step(this.connection.run(receive, input))).toBe(expected);
    relayer.received = { id: last.id, seq: lastKnown.seq };
  }

  async relay(): Promise<void> {
    do {
      await this.readOutbox(0, 250);
      await this.receive(0);
    } while (this.model.outbox.entries.length > 0);
  }

  // Others.

  /** The one that waits, by any number; undefined if none does that has an id. */
  #waiting(number: number): QueueModel['waiting'][number] | undefined {
    const all = this.model.waiting.filter(({ message }) => !this.#bare.has(message.id));
    return all[number % all.length];
  }

  async cancelWaiting(number: number): Promise<void> {
    const waiting = this.#waiting(number);
    if (!waiting) return;
    this.model.cancelWaiting(waiting);
    const scripts = { waiting: cancelWaiting, held: cancelHeld };
    const sought = this.#sought(waiting, { reason: 'r' });
    expect(await search(this.#context, scripts, sought)).toBe('removed');
    await this.#step();
  }

  async update(
    number: number,
    {
      hasBody,
      delay,
      priority,
    }: { hasBody: boolean; delay?: number | undefined; priority?: number | undefined },
  ): Promise<void> {
    const waiting = this.#waiting(number);
    if (!waiting || (!hasBody && delay === undefined && priority === undefined)) return;
    const n = hasBody ? this.#number() : undefined;
    const isUpdated = this.model.update(waiting, { n, delay, priority });
    const scripts = { waiting: updateWaiting, held: findHeld };
    const delayMs = delay === undefined ? undefined : delay * tickMs;
    const input = { body: n === undefined ? undefined : String(n), delayMs, priority };
    const found = await search<UpdateFound, UpdateInput>(
      this.#context,
      scripts,
      this.#sought(waiting, input),
    );
    expect(found).toBe(isUpdated ? 'updated' : 'keyed');
    await this.#step();
  }

  #sought<Input extends object>({ message }: { message: Message }, input: Input): Sought<Input> {
    const order = this.model.isLifo ? 'lifo' : 'fifo';
    return { id: String(message.id), input, order, options: {} };
  }

  get #context(): QueueContext {
    const { connection } = this;
    // A search needs no more of it.
    return { name: this.#name, keys: this.#keys, connection } as QueueContext;
  }

  /** @param ticks until it ends by itself. */
  async pause(ticks: number): Promise<void> {
    this.model.pausedUntil = this.model.tick + ticks;
    const set = Number.isFinite(ticks) ? { paused_until: Date.now() + ticks * tickMs } : {};
    const drop = Number.isFinite(ticks) ? [] : ['paused_until'];
    await this.#step(
      this.connection.run(reshape, { keys: this.#keys, drop, stamp: 'paused', set }),
    );
  }

  async resume(): Promise<void> {
    this.model.pausedUntil = undefined;
    await this.#step(this.connection.run(reshape, { keys: this.#keys, drop: pauseFields }));
  }

  /** @param ticks until it ends by itself. */
  async pauseKey(key: string, ticks: number): Promise<void> {
    this.model.keyPauses.set(key, this.model.tick + ticks);
    const untilMs = Number.isFinite(ticks) ? Date.now() + ticks * tickMs : undefined;
    await this.#step(this.connection.run(pauseKey, { keys: this.#keys, key, untilMs }));
  }

  async resumeKey(key: string): Promise<void> {
    const wasPaused = this.model.isKeyPaused(key);
    this.model.keyPauses.delete(key);
    const result = await this.#step(this.connection.run(resumeKey, { keys: this.#keys, key }));
    expect(result).toBe(wasPaused);
  }

  async pauseConsumer(consumer: SimulatedConsumer): Promise<void> {
    const isThere = consumer.model.state === 'alive';
    if (isThere) consumer.model.isPaused = true;
    const input = { ...this.#of(consumer), reason: 'r' };
    expect(await this.#step(this.connection.run(pauseConsumer, input))).toBe(isThere);
  }

  async resumeConsumer(consumer: SimulatedConsumer): Promise<void> {
    const wasPaused = consumer.model.isPaused;
    consumer.model.isPaused = false;
    const result = await this.#step(this.connection.run(resumeConsumer, this.#of(consumer)));
    expect(result).toBe(wasPaused);
  }

  /** When it resolves, all consumers know the limits, as when `queue.limits.set()` does. */
  async limit(changes: QueueLimitChanges): Promise<void> {
    this.model.limit(changes);
    const change = checkedChanges(changes);
    await this.#step(this.connection.run(reshape, { keys: this.#keys, ...change }));
    for (const consumer of this.consumers) {
      if (consumer.model.state === 'alive') await this.renew(consumer);
    }
  }

  async promote(): Promise<void> {
    const moved = this.model.promote();
    const result = await this.#step(this.connection.run(promote, { keys: this.#keys }));
    expect(result.moved).toBe(moved);
  }

  async passTime(ticks: number): Promise<void> {
    this.model.tick += ticks;
    for (const relayer of this.#relayers) {
      relayer.entries = relayer.entries.map((entry) => {
        const due = entry.delay.startsWith('@') ? Number(entry.delay.slice(1)) : undefined;
        return due === undefined ? entry : { ...entry, delay: `@${due - ticks * tickMs}` };
      });
    }
    const input = { name: this.#name, ms: ticks * tickMs };
    await this.#step(this.connection.run(passTime, input));
  }

  async redrive(limit: number): Promise<void> {
    const moved = this.model.redrive(limit);
    const input = { keys: this.#keys, ranges: [{ from: '-', to: '+' }], limit };
    expect(await this.#step(this.connection.run(redrive, input))).toHaveLength(moved);
  }

  async purge(): Promise<void> {
    const expected = { pending: this.model.pending, delayed: this.model.delayedCount };
    this.model.purge();
    expect(await this.#step(purge(this.connection, this.#keys))).toEqual(expected);
  }

  async destroy(): Promise<void> {
    const { pending, active, delayedCount, dead } = this.model;
    const expected = { pending, active, delayed: delayedCount, dead: dead.length };
    this.model.destroy();
    for (const consumer of this.consumers) consumer.brought = undefined;
    expect(await this.#step(this.#destroy())).toEqual(expected);
  }

  // The end.

  /** Handles all that is left, and checks that nothing is left in Redis then. */
  async drain(): Promise<void> {
    await this.resume();
    await this.limit(noLimits);
    for (const key of this.model.keyPauses.keys()) await this.resumeKey(key);
    for (const consumer of this.consumers) await this.leave(consumer, true);
    await this.passTime(100);
    while (this.hasOverdue) await this.recover(0);
    await this.relay();
    await this.redrive(1000);
    await this.passTime(100);
    await this.promote();
    await this.join();
    const last = this.consumers.at(-1) as SimulatedConsumer;
    const step = { mask: 255, count: 10, withList: true, withSuspect: true, perKey: 1, ranUs: 1 };
    while (this.model.pending + this.model.active > 0) {
      await this.finish(last, { mask: 255, how: 'done', hasValue: true, followUps: [] });
      await this.lease(last, { ...step, repeats: false, expires: false });
    }
    await this.leave(last, false);
    checkNothingIsLeft(await this.connection.run(look, { name: this.#name }));
  }

  /** Destroys the queue, without a look. */
  async end(): Promise<void> {
    await this.#destroy();
    const handoffs = this.consumers.map(({ name }) => this.#keys.handoff(name));
    const { results } = this.model;
    const kept = [...results.byId.keys()].map((id) => `${this.#keys.results}${id}`);
    const { outboxes, outbox, inbox } = this.#keys;
    const own = [outboxes, `${outbox}${this.#name}`, inbox];
    await this.connection.call('DEL', [...own, ...handoffs, ...kept]);
  }

  async #destroy() {
    // What is on its way stays so.
    const relay = () => Promise.resolve();
    return (await destroy(this.connection, this.#keys, relay)).deleted;
  }

  /** Compares Redis with the model when this is through: it is asked for in the same round trip. */
  async #step<Result>(done?: Promise<Result>): Promise<Result> {
    this.steps += 1;
    const looked = this.connection.run(look, { name: this.#name });
    const counted = this.connection.run(stats, { keys: this.#keys });
    const [result, ...now] = await Promise.all([done as Promise<Result>, looked, counted]);
    this.model.serverMs = now[0].now;
    checkAgreement(this.model, ...now);
    return result;
  }

  #of({ name }: SimulatedConsumer) {
    return { keys: this.#keys, consumer: name };
  }
}

/** What waits until no other one comes has no delay of its own. */
function delayOf({ delay, condition }: Outgoing): number {
  return condition?.word === 'debounce' ? 0 : delay;
}

function onceOf({ condition }: Outgoing): Message['once'] {
  if (condition?.word !== 'taken' && condition?.word !== 'done') return undefined;
  return { until: condition.word, key: condition.key };
}

function messageOf(outgoing: Outgoing & { n: number }): Message {
  const { n, key, priority, age, keepsResult, attempt = 0 } = outgoing;
  const level = key === undefined ? priority : 4;
  const once = onceOf(outgoing);
  return { n, id: n, level, key, attempt, isSuspect: false, age, once, keepsResult };
}

function elementOf(outgoing: Outgoing & { n: number }): string | Buffer {
  const { n, key, priority, age, keepsResult, attempt } = outgoing;
  const once = onceOf(outgoing);
  const handling = handlingJson({ keepResultMs: keepsResult ? 1e9 : undefined });
  const place = [
    attemptJson(attempt),
    handling,
    placeJson(key, priority),
    once ? onceJson(once.until, once.key) : '',
  ].join('');
  return encodeEnvelope({ idJson: `"${n}"`, sentAt: Date.now() - age * tickMs, place }, String(n));
}

function inMs({ word, key, ticks, mostTicks, keep }: ModelCondition): Condition {
  return { word, key, ms: ticks * tickMs, maxMs: mostTicks * tickMs, keep };
}

function sentOf(result: SendConditionalResult['statuses'][number]): Sent {
  return { ...result, ...('id' in result ? { id: Number(result.id) } : {}) } as Sent;
}

function duplicateOf({ status, id }: Sent, at: number) {
  return status === 'duplicate' ? [{ at, id: String(id) }] : [];
}

/** Whether it has a lease, or had one and nobody has recovered what it held. */
function isPresent({ state }: ModelConsumer): boolean {
  return state === 'alive' || state === 'overdue';
}

function numberOf(element: Buffer): number {
  return Number(String(element.subarray(element.lastIndexOf('\n') + 1)));
}

/** Batches that are acknowledged as a whole, and the other receipts. */
function inBatches({ batches }: SimulatedConsumer, acked: readonly number[]) {
  const set = new Set(acked);
  const receiptsOf = ({ first, count }: { first: number; count: number }) =>
    Array.from({ length: count }, (_, at) => first + at);
  const whole = batches.filter((batch) => receiptsOf(batch).every((receipt) => set.has(receipt)));
  for (const receipt of whole.flatMap(receiptsOf)) set.delete(receipt);
  return { whole, single: [...set] };
}
