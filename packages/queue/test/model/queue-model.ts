import type { QueueLimitChanges } from '../../src/shape/limits.js';
import { Forbidden } from './forbidden.js';
import { type Message, ModelConsumer, type Run } from './model-consumer.js';
import { type ModelCondition, OnceModel } from './once-model.js';
import { type ModelEntry, OutboxModel } from './outbox-model.js';
import { RateModel } from './rate-model.js';
import { ResultsModel } from './results-model.js';

/** How long a tick of the model is, in ms: no test takes so long. */
export const tickMs = 600_000;

/** What has become of a message that is sent. */
export interface Sent {
  status: 'sent' | 'key-full' | 'duplicate' | 'replaced';
  /** Of the earlier message. */
  id?: number;
}

/** What `finish` acknowledges, by receipt. */
export interface ModelFinish {
  receipt: number;
  how: 'done' | 'expired' | 'cancelled';
  hasValue: boolean;
  /** What is sent then: each with its delay in ticks. */
  followUps: readonly { message: Message; delay: number }[];
}

/** What is changed of a message that waits. */
export interface ModelChanges {
  /** Its number from then on, which is its body. */
  n?: number | undefined;
  /** In ticks. */
  delay?: number | undefined;
  priority?: number | undefined;
}

/** Where a message waits. */
interface Waiting {
  message: Message;
  kind: 'list' | 'returned' | 'level' | 'key' | 'suspects' | 'delayed' | 'debounced';
  among: Message[];
}

/** What a consumer asks for. */
export interface Asking {
  count: number;
  withList: boolean;
  withSuspect: boolean;
  firstReceipt: number;
  handedOff: number | undefined;
  acked: readonly number[];
  expired: number;
  /** How many messages of one key may be given together, as a run. */
  perKey: number;
}

/** What it was given: the numbers of the messages. */
export interface Given {
  suspect: number | undefined;
  /** The suspects of the middle level after that, the next one first. */
  suspectsLeft: readonly number[];
  taken: readonly number[];
  isSuspectLater: boolean;
}

/** The level of messages without a priority. */
const middle = 4;
/** The changes that take all limits away. */
export const noLimits = {
  concurrency: null,
  rate: null,
  keyConcurrency: null,
  keyRate: null,
  keyWeights: null,
  keyMaxLength: null,
  agingMs: null,
} satisfies QueueLimitChanges;
/** From the highest to the lowest. */
export const levels = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/**
 * What a queue is, apart from how Redis stores it. Each method is what one script does; those whose answer says what
 * was chosen throw `Forbidden` for a choice that is not allowed. Lists have the next message first. Time passes in
 * ticks, only where a test says so.
 */
export class QueueModel {
  /** What producers have written without priority and key. */
  list: Message[] = [];
  returned: Message[] = [];
  readonly byLevel = new Map<number, Message[]>();
  readonly byKey = new Map<string, Message[]>();
  readonly suspects = new Map<number, Message[]>();
  /** In the order in which they become due. */
  delayed: { message: Message; due: number; isRelayed?: boolean }[] = [];
  dead: Message[] = [];
  readonly consumers: ModelConsumer[] = [];
  /** Keys whose next message has failed, and the tick of its next attempt. */
  readonly holds = new Map<string, number>();
  /** Keys that are paused, and until which tick. */
  readonly keyPauses = new Map<string, number>();
  /** Until which tick the queue is paused. */
  pausedUntil: number | undefined;
  concurrency: number | undefined;
  /** How many messages of a key may be held. */
  keyConcurrency = 1;
  /** Whether fewer messages of a key may be held than once before: then some keys have more for a while. */
  hasLoweredKeys = false;
  /** How many messages of a key may wait. */
  keyMaxLength = Number.POSITIVE_INFINITY;
  readonly once = new OnceModel();
  readonly results = new ResultsModel();
  readonly outbox = new OutboxModel();
  readonly rate = new RateModel();
  #keyRate: QueueLimitChanges['keyRate'];
  readonly #keyRates = new Map<string, RateModel>();
  /** After how many ticks a message comes before those of higher levels. */
  agingTicks: number | undefined;
  /** Since which tick the next message of each key is the next one. */
  readonly #keysSince = new Map<string, number>();
  hasLevels = false;
  hasKeys = false;
  hasOnce = false;
  tick = 0;
  /** The time of the server, in ms. */
  serverMs = 0;
  counters = { acked: 0, expired: 0, retried: 0, dead: 0, cancelled: 0, recovered: 0 };

  /** @param isLifo the list is read where it is written. */
  constructor(readonly isLifo: boolean) {}

  // What is there.

  get isPaused(): boolean {
    return this.pausedUntil !== undefined && this.pausedUntil > this.tick;
  }

  isKeyPaused(key: string): boolean {
    return (this.keyPauses.get(key) ?? 0) > this.tick;
  }

  /** Whether the next message of the key waits for its next attempt. */
  isOnHold(key: string): boolean {
    return (this.holds.get(key) ?? 0) > this.tick;
  }

  /** How many messages of a key are held, by consumers or among the suspects. */
  heldOf(key: string): number {
    const held = this.consumers.flatMap((consumer) => [...consumer.held.values()]);
    const all = [...held, ...[...this.suspects.values()].flat()];
    return all.filter((message) => message.key === key).length;
  }

  /** How many messages wait at a level. */
  waitingAt(level: number): number {
    const own = this.byLevel.get(level)?.length ?? 0;
    const suspects = this.suspects.get(level)?.length ?? 0;
    if (level !== middle) return own + suspects;
    const keyed = [...this.byKey.values()].reduce((sum, { length }) => sum + length, 0);
    return this.list.length + this.returned.length + keyed + suspects;
  }

  get pending(): number {
    return levels.reduce((sum, level) => sum + this.waitingAt(level), 0);
  }

  get active(): number {
    return this.consumers.reduce((sum, { count }) => sum + count, 0);
  }

  get isEmpty(): boolean {
    return this.pending + this.active + this.delayedCount + this.dead.length === 0;
  }

  get delayedCount(): number {
    return this.delayed.length + this.once.debounced.length;
  }

  /** The time of the server, and what has passed in ticks. */
  get now(): number {
    return this.serverMs + this.tick * tickMs;
  }

  keyRate(key: string): RateModel {
    let rate = this.#keyRates.get(key);
    if (!rate) {
      rate = new RateModel();
      rate.change(this.#keyRate ?? null);
      this.#keyRates.set(key, rate);
    }
    return rate;
  }

  /** Whether a key certainly may have another start, or perhaps. */
  isInKeyRate(key: string, how: 'certainly' | 'perhaps'): boolean {
    const { least, most } = this.keyRate(key).due(this.now);
    return (how === 'certainly' ? least : most) > 0;
  }

  /**
   * Which messages may be the next one, apart from their age: those that certainly may, or also those that perhaps may.
   * Where it is not certain that a level has any, those of lower ones may be next, too.
   */
  next(withList: boolean, how: 'certainly' | 'perhaps' = 'certainly'): Message[] {
    const all: Message[] = [];
    for (const level of levels) {
      all.push(...this.#nextOf(level, withList, how));
      if (this.#nextOf(level, withList, 'certainly').length > 0) return all;
    }
    return all;
  }

  #nextOf(level: number, withList: boolean, how: 'certainly' | 'perhaps'): Message[] {
    if (level !== middle) return (this.byLevel.get(level) ?? []).slice(0, 1);
    const keyless = this.returned[0] ?? (withList ? this.list[0] : undefined);
    const keyed = [...this.byKey]
      .filter(([key]) => this.mayStart(key, how))
      .map(([, messages]) => messages[0]);
    return [keyless, ...keyed].filter((message) => message !== undefined);
  }

  mayStart(key: string, how: 'certainly' | 'perhaps'): boolean {
    const isHeldBack = this.isOnHold(key) || this.isKeyPaused(key);
    const isFree = !isHeldBack && this.heldOf(key) < this.keyConcurrency;
    return isFree && this.isInKeyRate(key, how);
  }

  /** Of the levels whose next message is too old, those that have the oldest one: it is a matter of ms which is older. */
  #agedLevels(): number[] {
    const { agingTicks } = this;
    if (agingTicks === undefined || !this.hasLevels) return [];
    const ages = levels.map((level) => this.#ageOf(level));
    const oldest = Math.max(...ages);
    return oldest > agingTicks ? levels.filter((_, at) => ages[at] === oldest) : [];
  }

  /** How many ticks old the next message of a level is; -1 if it has no age. */
  #ageOf(level: number): number {
    const first = level === middle ? this.returned[0]?.age : this.byLevel.get(level)?.[0]?.age;
    if (level !== middle) return first ?? -1;
    // Of a list that is read where it is written, it is the oldest one.
    const keyless = first ?? this.list.at(this.isLifo ? -1 : 0)?.age ?? -1;
    return Math.max(keyless, ...[...this.#keysSince.values()].map((since) => this.tick - since));
  }

  // What producers do.

  send(message: Message, delay: number, condition?: ModelCondition): Sent {
    const { key, id } = message;
    if (condition?.word === 'debounce') return this.#debounce(message, condition);
    const earlier = condition && this.once.earlierOf(condition, this.tick);
    if (earlier !== undefined) return { status: 'duplicate', id: earlier };
    const isFull = key !== undefined && listIn(this.byKey, key).length >= this.keyMaxLength;
    if (isFull && delay === 0) return { status: 'key-full' };
    if (condition) this.once.begin(condition, id, this.tick);
    if (message.once) this.hasOnce = true;
    if (delay > 0) this.#delay(message, delay);
    else if (message.key === undefined && message.level === middle) this.push(message);
    else this.#put(message, 'last');
    return { status: 'sent' };
  }

  #debounce(message: Message, condition: ModelCondition): Sent {
    const { due, replaced } = this.once.debounce(message, condition, this.tick);
    if (due) this.#put(due, 'last');
    return replaced === undefined ? { status: 'sent' } : { status: 'replaced', id: replaced };
  }

  /** What a client of any kind writes to the list. */
  push(message: Message): void {
    if (this.isLifo) this.list.unshift(message);
    else this.list.push(message);
  }

  #delay(message: Message, delay: number, isRelayed = false): void {
    const due = this.tick + delay;
    const at = this.delayed.findIndex((other) => other.due > due);
    const delayed = { message, due, isRelayed };
    this.delayed.splice(at < 0 ? this.delayed.length : at, 0, delayed);
  }

  /**
   * What was relayed has waited since it was posted: in which order it becomes due with others of the same tick is a matter of
   * ms, which only Redis knows.
   */
  orderDelayedAs(numbers: readonly number[]): void {
    const relayed = new Set(this.delayed.flatMap(({ due, isRelayed }) => (isRelayed ? [due] : [])));
    const place = ({ message, due }: (typeof this.delayed)[number]) =>
      relayed.has(due) ? numbers.indexOf(message.n) : 0;
    this.delayed.sort((a, b) => a.due - b.due || place(a) - place(b));
  }

  #put(message: Message, where: 'first' | 'last'): void {
    const { key, level } = message;
    if (key !== undefined) this.hasKeys = true;
    else if (level !== middle) this.hasLevels = true;
    const list = key === undefined ? this.#listOf(level) : listIn(this.byKey, key);
    if (key !== undefined && list.length === 0) this.#keysSince.set(key, this.tick);
    if (where === 'first') list.splice(olderOfRun(message, list), 0, message);
    else list.push(message);
  }

  #listOf(level: number): Message[] {
    return level === middle ? this.returned : listIn(this.byLevel, level);
  }

  // What consumers do.

  join(name: string): ModelConsumer {
    const consumer = new ModelConsumer(name);
    consumer.isCounted = this.concurrency !== undefined;
    this.consumers.push(consumer);
    return consumer;
  }

  renew(consumer: ModelConsumer): void {
    consumer.state = 'alive';
    this.#count(consumer);
  }

  lease(consumer: ModelConsumer, asking: Asking, given: Given): void {
    if (asking.handedOff !== undefined) this.#adopt(consumer, asking.handedOff);
    this.#acknowledge(consumer, asking);
    if (asking.withSuspect) this.#putSuspectsOff(given);
    const suspectLevel = this.#highestSuspects;
    const asksForSuspect = asking.withSuspect && suspectLevel !== undefined;
    const free = this.#room(consumer, asking.count + (asksForSuspect ? 1 : 0));
    let receipt = asking.firstReceipt + (given.suspect === undefined ? 0 : 1);
    if (given.taken.length > asking.count) throw new Forbidden('more than were asked for');
    const countGiven = given.taken.length + (given.suspect === undefined ? 0 : 1);
    if (countGiven > free.most) throw new Forbidden('more than the gate lets through');
    this.rate.grant(this.now, consumer.name, asking.firstReceipt, countGiven);
    const nextSuspect = asksForSuspect ? listIn(this.suspects, suspectLevel)[0] : undefined;
    if (given.suspect !== undefined && nextSuspect?.key !== undefined) {
      if (this.#mustNotStart(nextSuspect.key))
        throw new Forbidden('the key of the suspect may not');
      this.keyRate(nextSuspect.key).grant(this.now, consumer.name, asking.firstReceipt, 1);
    }
    this.#makeSuspects(given);

    let highest = -1;
    let areOldOnesTaken: boolean | 'perhaps' = false;
    const taken: Message[] = [];
    let run: Run | undefined;
    let leftOfRun = 0;
    for (const n of given.taken) {
      const old: Message[][] = areOldOnesTaken === true ? [] : this.#nextByAge(asking.withList);
      if (old.every(({ length }) => length === 0)) areOldOnesTaken = true;
      else if (old.some(({ length }) => length === 0)) areOldOnesTaken = 'perhaps';
      const others = areOldOnesTaken === false ? [] : this.next(asking.withList, 'perhaps');
      const allowed = [...old.flat(), ...others];
      const inRun = leftOfRun > 0 && run ? listIn(this.byKey, run.key)[0] : undefined;
      const message = inRun?.n === n ? inRun : allowed.find((each) => each.n === n);
      if (!message) throw new Forbidden(`${n} is taken, but next is ${shown(allowed)}`);
      if (message.isSuspect) throw new Forbidden(`${n} is a suspect, and is taken with others`);
      if (message === inRun) {
        leftOfRun -= 1;
      } else {
        run = message.key === undefined ? undefined : { key: message.key, count: 0 };
        leftOfRun = asking.perKey - 1;
      }
      if (run) run.count += 1;
      message.inRun = run && { run, at: taken.length };
      this.#removeWaiting(message);
      this.#hold(consumer, receipt, message);
      if (message.key !== undefined) {
        this.keyRate(message.key).grant(this.now, consumer.name, receipt, 1);
      }
      receipt += 1;
      taken.push(message);
      highest = Math.max(highest, message.level);
    }

    const [left] = this.next(asking.withList);
    const wanted = given.suspect === undefined ? Math.min(asking.count, free.least) : free.least;
    if (countGiven < wanted && left) {
      throw new Forbidden(`${countGiven} are given of ${wanted}, but ${shown([left])} is left`);
    }

    if (given.suspect !== undefined) {
      if (!asksForSuspect) throw new Forbidden('a suspect that was not asked for');
      const [suspect] = listIn(this.suspects, suspectLevel);
      if (suspect?.n !== given.suspect) throw new Forbidden(`suspect ${given.suspect} is not next`);
      const [waiting] = this.next(true);
      if (Math.max(highest, waiting?.level ?? -1) > suspectLevel) {
        throw new Forbidden('the suspect comes before messages of higher levels');
      }
      listIn(this.suspects, suspectLevel).shift();
      this.#hold(consumer, asking.firstReceipt, suspect);
    } else if (asksForSuspect && free.least > 0) {
      const before = Math.max(highest, this.next(true)[0]?.level ?? -1);
      // What a key's rate holds up is found only when it is about to be taken.
      const mayFindLimited = suspectLevel < middle && this.#hasLimitedKeys;
      // And a message that turns out to be a suspect waited at its level until then.
      const isHigherFound = this.#highestSuspects !== suspectLevel;
      if (before <= suspectLevel && !mayFindLimited && !isHigherFound)
        throw new Forbidden('the suspect does not come');
      if (!given.isSuspectLater) throw new Forbidden('nothing says that a suspect waits');
    }
    this.#count(consumer);
  }

  /** Whether no message of the key may start: certainly, while it is paused or has reached its rate. */
  #mustNotStart(key: string): boolean {
    return this.isKeyPaused(key) || !this.isInKeyRate(key, 'perhaps');
  }

  /** Suspects whose keys may have no start wait where their keys do. */
  #putSuspectsOff({ suspect, suspectsLeft, isSuspectLater }: Given): void {
    const suspects = listIn(this.suspects, middle);
    const isThere = ({ n }: Message) => n === suspect || suspectsLeft.includes(n);
    for (let next = suspects[0]; next && !isThere(next); next = suspects[0]) {
      const { n, key } = next;
      const mayWait =
        key !== undefined && (this.isKeyPaused(key) || !this.isInKeyRate(key, 'certainly'));
      if (!mayWait) throw new Forbidden(`the suspect ${n} is put off`);
      suspects.shift();
      this.#put(next, 'first');
    }
    const [next] = suspects;
    if (this.#highestSuspects !== middle || isSuspectLater || next?.key === undefined) return;
    if (this.#mustNotStart(next.key)) throw new Forbidden(`the suspect ${next.n} is not put off`);
  }

  /** Suspects that were put off are among the suspects again when they are the next ones of their keys. */
  #makeSuspects({ suspectsLeft }: Given): void {
    const suspects = listIn(this.suspects, middle);
    for (const n of suspectsLeft.filter((left) => !suspects.some((each) => each.n === left))) {
      const [key = '', waiting = []] =
        [...this.byKey].find(([, messages]) => messages[0]?.n === n) ?? [];
      const [next] = waiting;
      const mayStart = !this.isOnHold(key) && !this.#mustNotStart(key);
      if (!next?.isSuspect || !mayStart) throw new Forbidden(`${n} is made a suspect`);
      this.#removeWaiting(next);
      suspects.push(next);
    }
  }

  /** The next message of each level whose turn it is because of its age. */
  #nextByAge(withList: boolean): Message[][] {
    return this.#agedLevels().map((level) => this.#nextOf(level, withList, 'perhaps'));
  }

  /** The highest level with suspects. */
  get #highestSuspects(): number | undefined {
    return levels.find((level) => (this.suspects.get(level)?.length ?? 0) > 0);
  }

  get #hasLimitedKeys(): boolean {
    const waiting = [...this.byKey].filter(([, { length }]) => length > 0);
    return waiting.some(([key]) => !this.isInKeyRate(key, 'certainly'));
  }

  /** How many of so many may be given, at least and at most. */
  #room(consumer: ModelConsumer, wanted: number): { least: number; most: number } {
    const free = this.#free(consumer, wanted);
    const { least, most } = this.rate.due(this.now);
    return { least: Math.min(free, least), most: Math.min(free, most) };
  }

  #free(consumer: ModelConsumer, wanted: number): number {
    if (this.isPaused || consumer.isPaused) return 0;
    if (this.concurrency === undefined) return wanted;
    const others = this.consumers.filter((other) => other.isCounted && other !== consumer);
    const held = others.reduce((sum, { count }) => sum + count, 0) + consumer.count;
    return Math.max(0, Math.min(wanted, this.concurrency - held));
  }

  #removeWaiting(message: Message): void {
    const { key, level } = message;
    const lists =
      key !== undefined
        ? [listIn(this.byKey, key)]
        : level === middle
          ? [this.returned, this.list]
          : [listIn(this.byLevel, level)];
    lists.find((list) => list[0] === message)?.shift();
    if (key === undefined) return;
    if (listIn(this.byKey, key).length > 0) this.#keysSince.set(key, this.tick);
    else this.#keysSince.delete(key);
  }

  #hold(consumer: ModelConsumer, receipt: number, message: Message): void {
    consumer.held.set(receipt, message);
    this.once.taken(message);
  }

  /** What a blocking move has brought last gets a receipt. */
  #adopt(consumer: ModelConsumer, receipt: number): void {
    if (consumer.held.has(receipt)) return;
    const message = consumer.handoff.pop();
    if (message) this.#hold(consumer, receipt, message);
  }

  #acknowledge(consumer: ModelConsumer, { acked, expired }: Asking): void {
    let count = 0;
    for (const receipt of acked) {
      const message = consumer.held.get(receipt);
      if (!message) continue;
      consumer.held.delete(receipt);
      this.once.gone(message);
      count += 1;
    }
    const unhandled = Math.min(expired, count);
    this.counters.expired += unhandled;
    this.counters.acked += count - unhandled;
  }

  /** Acknowledges one by one; returns for each whether it was held. */
  finish(consumer: ModelConsumer, finishes: readonly ModelFinish[]): boolean[] {
    const found = finishes.map(({ receipt, how, hasValue, followUps }) => {
      const message = consumer.held.get(receipt);
      if (!message) return false;
      consumer.held.delete(receipt);
      this.once.gone(message);
      const attempt = message.attempt + (how === 'done' ? 1 : 0);
      this.results.keep(message, how, attempt, hasValue ? 'value' : undefined);
      for (const { message: next, delay } of followUps) this.outbox.post(next, this.tick + delay);
      this.counters[how === 'done' ? 'acked' : how] += 1;
      return true;
    });
    this.#count(consumer);
    return found;
  }

  /** Sends what was not received before; returns how much that was. Nothing is refused because its key is full. */
  receive(entries: readonly ModelEntry[]): number {
    const fresh = this.outbox.receive(entries);
    for (const { message, due } of fresh) {
      if (message.once) this.hasOnce = true;
      if (due > this.tick) this.#delay(message, due - this.tick, true);
      else if (message.key === undefined && message.level === middle) this.push(message);
      else this.#put(message, 'last');
    }
    return fresh.length;
  }

  /** Moves one element to the consumer, as a blocking move does. */
  move(consumer: ModelConsumer): Message | undefined {
    const message = this.list.shift();
    if (message) consumer.handoff.push(message);
    return message;
  }

  /** What has no receipt gets one. */
  reclaim(consumer: ModelConsumer, firstReceipt: number, handedOff: number | undefined): void {
    if (handedOff !== undefined) this.#adopt(consumer, handedOff);
    for (const [at, message] of consumer.handoff.entries()) {
      this.#hold(consumer, firstReceipt + at, message);
    }
    consumer.handoff = [];
  }

  /** Returns for each receipt whether it was held. */
  retry(consumer: ModelConsumer, receipts: readonly number[], delay: number, holdsKey: boolean) {
    const found = receipts.map((receipt) => consumer.held.has(receipt));
    const retried = take(consumer, receipts).map(again);
    this.counters.retried += retried.length;
    const waitsApart = (message: Message) => delay > 0 && !(holdsKey && message.key !== undefined);
    for (const message of retried.filter(waitsApart)) this.#delay(message, delay);
    for (const message of retried.filter((each) => !waitsApart(each)).reverse()) {
      this.#put(message, 'first');
      if (delay > 0) {
        const until = Math.max(this.holds.get(message.key as string) ?? 0, this.tick + delay);
        this.holds.set(message.key as string, until);
      }
    }
    this.#count(consumer);
    return found;
  }

  deadLetter(consumer: ModelConsumer, receipts: readonly number[]) {
    const found = receipts.map((receipt) => consumer.held.has(receipt));
    const letters = take(consumer, receipts).map(again);
    this.dead.push(...letters);
    for (const letter of letters) {
      this.once.gone(letter);
      this.results.keep(letter, 'dead', letter.attempt, 'error');
    }
    this.counters.dead += letters.length;
    this.#count(consumer);
    return found;
  }

  cancelHeld(consumer: ModelConsumer, receipt: number): void {
    for (const message of take(consumer, [receipt])) {
      this.once.gone(message);
      this.results.keep(message, 'cancelled', message.attempt + 1, 'error');
    }
    this.counters.cancelled += 1;
    this.#count(consumer);
  }

  // What is done with a message that waits, by its id.

  /** All that wait, wherever they do. */
  get waiting(): Waiting[] {
    const lists: [Waiting['kind'], Message[]][] = [
      ['list', this.list],
      ['returned', this.returned],
      ...[...this.byLevel.values()].map((list) => ['level', list] as [Waiting['kind'], Message[]]),
      ...[...this.byKey.values()].map((list) => ['key', list] as [Waiting['kind'], Message[]]),
      ...[...this.suspects.values()].map(
        (list) => ['suspects', list] as [Waiting['kind'], Message[]],
      ),
      ['delayed', this.delayed.map(({ message }) => message)],
      ['debounced', this.once.debounced.map(({ message }) => message)],
    ];
    return lists.flatMap(([kind, among]) => among.map((message) => ({ kind, among, message })));
  }

  cancelWaiting(waiting: Waiting): void {
    const { message } = waiting;
    this.#takeOut(waiting);
    this.once.gone(message);
    this.results.keep(message, 'cancelled', message.attempt, 'error');
    this.counters.cancelled += 1;
  }

  /** Returns false, and changes nothing, for one with a key that was to get a priority. */
  update(waiting: Waiting, { n, delay, priority }: ModelChanges): boolean {
    const { message, kind, among } = waiting;
    if (message.key !== undefined && priority !== undefined) return false;
    const level = priority ?? message.level;
    const changed = { ...message, n: n ?? message.n, level };
    if (kind === 'debounced') {
      this.once.update(message, changed, delay === undefined ? undefined : this.tick + delay);
    } else if (kind === 'delayed' && delay === undefined) {
      this.delayed = this.delayed.map((each) =>
        each.message === message ? { ...each, message: changed } : each,
      );
    } else if (kind === 'delayed') {
      this.#takeOut(waiting);
      if (delay === 0) this.#put(changed, 'last');
      else this.#delay(changed, delay as number);
    } else if (delay !== undefined && delay > 0) {
      this.#takeOut(waiting);
      this.#delay({ ...changed, isSuspect: false }, delay);
    } else if (level !== message.level) {
      this.#takeOut(waiting);
      this.#putInLevel(changed);
    } else {
      among[among.indexOf(message)] = changed;
    }
    return true;
  }

  /** It becomes the last one there. */
  #putInLevel(message: Message): void {
    const { level, isSuspect } = message;
    if (isSuspect) {
      listIn(this.suspects, level).push(message);
      this.hasLevels ||= level !== middle;
    } else if (level === middle) {
      this.push(message);
    } else {
      this.#put(message, 'last');
    }
  }

  #takeOut({ message, kind, among }: Waiting): void {
    if (kind === 'delayed') {
      this.delayed = this.delayed.filter((each) => each.message !== message);
      return;
    }
    if (kind === 'debounced') {
      this.once.remove(message);
      return;
    }
    const at = among.indexOf(message);
    among.splice(at, 1);
    const { key } = message;
    if (kind !== 'key' || key === undefined) return;
    if (among.length === 0) this.#keysSince.delete(key);
    else if (at === 0) this.#keysSince.set(key, this.tick);
    // Its next attempt is no reason for the one behind it to wait.
    if (at === 0) this.holds.delete(key);
  }

  /** Returns how many were returned. What has not started makes room for others. */
  release(consumer: ModelConsumer, receipts: readonly number[], wereStarted: boolean): number {
    const newestFirst = [...receipts].sort((a, b) => b - a);
    const found = newestFirst.filter((receipt) => consumer.held.has(receipt));
    const released = take(consumer, newestFirst);
    for (const message of released) this.#putBack(message);
    if (!wereStarted) {
      this.rate.notStarted(consumer.name, found);
      this.rate.giveBack(this.now, consumer.name, found);
      for (const [at, { key }] of released.entries()) {
        if (key === undefined) continue;
        const receipts = [found[at] as number];
        this.keyRate(key).notStarted(consumer.name, receipts);
        if (this.keyConcurrency === 1)
          this.keyRate(key).giveBack(this.now, consumer.name, receipts);
      }
    }
    this.#count(consumer);
    return released.length;
  }

  #putBack(message: Message): void {
    if (message.isSuspect) listIn(this.suspects, message.level).unshift(message);
    else this.#put(message, 'first');
  }

  /** Returns how many were returned. */
  leave(consumer: ModelConsumer, remember: boolean): number {
    const all = [...inOrder(consumer), ...consumer.handoff];
    for (const message of all.reverse()) this.#putBack(message);
    forget(consumer);
    consumer.isPaused = false;
    consumer.state = 'left';
    consumer.rememberedUntil = remember ? this.tick + 1 : undefined;
    this.#count(consumer);
    return all.length;
  }

  /** Makes suspects of what a consumer held, or has got since it was recovered. */
  recover(
    consumer: ModelConsumer,
    maxAttempts: number,
  ): { returned: number; deadLettered: number } {
    consumer.isPaused = false;
    const all = [...inOrder(consumer), ...consumer.handoff];
    const isToBlame = (message: Message) => message.isSuspect && message.attempt + 1 >= maxAttempts;
    for (const message of all) {
      if (isToBlame(message)) {
        this.dead.push(again(message));
        this.once.gone(message);
        this.results.keep(message, 'dead', message.attempt + 1, 'error');
      } else {
        listIn(this.suspects, message.level).push({ ...again(message), isSuspect: true });
      }
    }
    const deadLettered = all.filter(isToBlame).length;
    this.counters.dead += deadLettered;
    this.counters.recovered += all.length - deadLettered;
    forget(consumer);
    consumer.rememberedUntil = consumer.state === 'overdue' ? this.tick + 1 : undefined;
    if (consumer.state === 'overdue') consumer.state = 'gone';
    this.#count(consumer);
    return { returned: all.length - deadLettered, deadLettered };
  }

  #count(consumer: ModelConsumer): void {
    if (this.concurrency !== undefined) consumer.isCounted = true;
  }

  // What others do.

  limit(changes: QueueLimitChanges): void {
    const { concurrency, keyConcurrency, keyMaxLength, rate, keyRate, agingMs } = changes;
    if (rate !== undefined) this.rate.change(rate);
    if (keyRate !== undefined) {
      this.#keyRate = keyRate;
      for (const known of this.#keyRates.values()) known.change(keyRate);
    }
    if (agingMs !== undefined) this.agingTicks = agingMs === null ? undefined : agingMs / tickMs;
    if (concurrency !== undefined) {
      const isSame = (this.concurrency === undefined) === (concurrency === null);
      this.concurrency = concurrency ?? undefined;
      if (!isSame) for (const consumer of this.consumers) consumer.isCounted = false;
    }
    if (keyConcurrency !== undefined) {
      const before = this.keyConcurrency;
      this.keyConcurrency = keyConcurrency ?? 1;
      this.hasLoweredKeys ||= this.keyConcurrency < before;
    }
    if (keyMaxLength !== undefined) {
      this.keyMaxLength = keyMaxLength ?? Number.POSITIVE_INFINITY;
    }
  }

  /** Returns how many have become due. */
  promote(): number {
    const due = this.delayed.filter(({ due }) => due <= this.tick);
    this.delayed = this.delayed.slice(due.length);
    const quiet = this.once.promote(this.tick);
    for (const message of [...due.map(({ message }) => message), ...quiet]) {
      this.#put(message, 'last');
    }
    return due.length + quiet.length;
  }

  redrive(count: number): number {
    const letters = this.dead.splice(0, count);
    for (const letter of letters) {
      this.#put({ ...letter, attempt: 0, isSuspect: false }, 'last');
      this.once.again(letter);
      this.results.forget(letter);
      if (letter.once) this.hasOnce = true;
    }
    return letters.length;
  }

  purge(): void {
    this.list = [];
    this.returned = [];
    this.delayed = [];
    for (const waiting of [this.byLevel, this.byKey, this.suspects]) waiting.clear();
    this.holds.clear();
    this.#keysSince.clear();
    this.once.purge(this.consumers);
  }

  destroy(): void {
    for (const consumer of this.consumers) {
      forget(consumer);
      consumer.isPaused = false;
      consumer.rememberedUntil = undefined;
      consumer.isCounted = false;
      if (consumer.state !== 'left') consumer.state = 'gone';
    }
    this.purge();
    this.dead = [];
    this.keyPauses.clear();
    this.pausedUntil = undefined;
    this.limit(noLimits);
    this.rate.forget();
    this.hasLoweredKeys = false;
    this.hasLevels = this.hasKeys = this.hasOnce = false;
    this.counters = { acked: 0, expired: 0, retried: 0, dead: 0, cancelled: 0, recovered: 0 };
  }
}

function listIn<Key>(lists: Map<Key, Message[]>, key: Key): Message[] {
  let list = lists.get(key);
  if (!list) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

function inOrder({ held }: ModelConsumer): Message[] {
  return [...held].sort(([a], [b]) => a - b).map(([, message]) => message);
}

function take({ held }: ModelConsumer, receipts: readonly number[]): Message[] {
  const messages = receipts.map((receipt) => held.get(receipt));
  for (const receipt of receipts) held.delete(receipt);
  return messages.filter((message) => message !== undefined);
}

/** Of how many at the head of a list it was taken together with, and after them. */
function olderOfRun({ inRun }: Message, list: readonly Message[]): number {
  if (!inRun) return 0;
  const at = list.findIndex((other) => other.inRun?.run !== inRun.run || other.inRun.at > inRun.at);
  return at < 0 ? list.length : at;
}

function again(message: Message): Message {
  return { ...message, attempt: message.attempt + 1, isSuspect: false };
}

function forget(consumer: ModelConsumer): void {
  consumer.held.clear();
  consumer.handoff = [];
}

function shown(messages: readonly Message[]): string {
  return (
    messages.map(({ n, level, key }) => `${n} (${key ?? `level ${level}`})`).join(' or ') || '-'
  );
}
