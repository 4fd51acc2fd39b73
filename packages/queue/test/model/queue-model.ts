import type { QueueLimitChanges } from '../../src/shape/limits.js';

/** A message, as the model knows it. Never changed: what is written to it makes another one. */
export interface Message {
  /** Its number, which is its body, too. */
  readonly n: number;
  readonly level: number;
  readonly key: string | undefined;
  /** How often it was delivered before. */
  readonly attempt: number;
  readonly isSuspect: boolean;
}

/** A consumer, as Redis knows it. */
export class ModelConsumer {
  /**
   * `alive` with a lease; `overdue` when it has run out and nobody has recovered what it held; `gone` when somebody
   * has, or the queue was destroyed; `left` when it has given up its lease.
   */
  state: 'alive' | 'overdue' | 'gone' | 'left' = 'alive';
  /** Whether its name is remembered as that of a former consumer, and for how long: until a tick. */
  rememberedUntil: number | undefined;
  /** What it holds, by receipt, oldest first. */
  readonly held = new Map<number, Message>();
  /** What blocking moves have brought, oldest first. */
  handoff: Message[] = [];
  /** Whether Redis has counted what it holds since there is a limit. */
  isCounted = false;

  constructor(readonly name: string) {}

  get count(): number {
    return this.held.size + this.handoff.length;
  }
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
}

/** What it was given: the numbers of the messages. */
export interface Given {
  suspect: number | undefined;
  taken: readonly number[];
  isSuspectLater: boolean;
}

/** A step of the queue that the model does not allow. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
}

/** The level of messages without a priority. */
const middle = 4;
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
  delayed: { message: Message; due: number }[] = [];
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
  hasLevels = false;
  hasKeys = false;
  tick = 0;
  counters = { acked: 0, expired: 0, retried: 0, dead: 0, recovered: 0 };

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
    return this.pending + this.active + this.delayed.length + this.dead.length === 0;
  }

  /** Which messages may be the next one. */
  next(withList: boolean): Message[] {
    for (const level of levels) {
      const first = level === middle ? this.#nextOfMiddle(withList) : this.#firstOf(level);
      if (first.length > 0) return first;
    }
    return [];
  }

  #firstOf(level: number): Message[] {
    return (this.byLevel.get(level) ?? []).slice(0, 1);
  }

  #nextOfMiddle(withList: boolean): Message[] {
    const keyless = this.returned[0] ?? (withList ? this.list[0] : undefined);
    const keyed = [...this.byKey]
      .filter(([key]) => this.mayStart(key))
      .map(([, messages]) => messages[0]);
    return [keyless, ...keyed].filter((message) => message !== undefined);
  }

  mayStart(key: string): boolean {
    const isHeldBack = this.isOnHold(key) || this.isKeyPaused(key);
    return !isHeldBack && this.heldOf(key) < this.keyConcurrency;
  }

  // What producers do.

  /** Returns whether it was sent: a key may be full. */
  send(message: Message, delay: number): boolean {
    const { key } = message;
    const isFull = key !== undefined && listIn(this.byKey, key).length >= this.keyMaxLength;
    if (isFull && delay === 0) return false;
    if (delay > 0) this.#delay(message, delay);
    else if (message.key === undefined && message.level === middle) this.push(message);
    else this.#put(message, 'last');
    return true;
  }

  /** What a client of any kind writes to the list. */
  push(message: Message): void {
    if (this.isLifo) this.list.unshift(message);
    else this.list.push(message);
  }

  #delay(message: Message, delay: number): void {
    const due = this.tick + delay;
    const at = this.delayed.findIndex((other) => other.due > due);
    this.delayed.splice(at < 0 ? this.delayed.length : at, 0, { message, due });
  }

  #put(message: Message, where: 'first' | 'last'): void {
    const { key, level } = message;
    if (key !== undefined) this.hasKeys = true;
    else if (level !== middle) this.hasLevels = true;
    const list = key === undefined ? this.#listOf(level) : listIn(this.byKey, key);
    if (where === 'first') list.unshift(message);
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
    if (asking.handedOff !== undefined) adopt(consumer, asking.handedOff);
    this.#acknowledge(consumer, asking);
    const suspectLevel = levels.find((level) => (this.suspects.get(level)?.length ?? 0) > 0);
    const asksForSuspect = asking.withSuspect && suspectLevel !== undefined;
    const free = this.#room(consumer, asking.count + (asksForSuspect ? 1 : 0));
    let receipt = asking.firstReceipt + (given.suspect === undefined ? 0 : 1);
    if (given.taken.length > asking.count) throw new Forbidden('more than were asked for');
    const countGiven = given.taken.length + (given.suspect === undefined ? 0 : 1);
    if (countGiven > free) throw new Forbidden('more than the gate lets through');

    let highest = -1;
    const taken: Message[] = [];
    for (const n of given.taken) {
      const allowed = this.next(asking.withList);
      const message = allowed.find((each) => each.n === n);
      if (!message) throw new Forbidden(`${n} is taken, but next is ${shown(allowed)}`);
      this.#removeWaiting(message);
      consumer.held.set(receipt, message);
      receipt += 1;
      taken.push(message);
      highest = Math.max(highest, message.level);
    }

    const [left] = this.next(asking.withList);
    const wanted = given.suspect === undefined ? Math.min(asking.count, free) : free;
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
      consumer.held.set(asking.firstReceipt, suspect);
    } else if (asksForSuspect && free > 0) {
      const before = Math.max(highest, this.next(true)[0]?.level ?? -1);
      if (before <= suspectLevel) throw new Forbidden('the suspect does not come');
      if (!given.isSuspectLater) throw new Forbidden('nothing says that a suspect waits');
    }
    this.#count(consumer);
  }

  /** How many of so many may be given. */
  #room(consumer: ModelConsumer, wanted: number): number {
    if (this.isPaused) return 0;
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
  }

  #acknowledge(consumer: ModelConsumer, { acked, expired }: Asking): void {
    let count = 0;
    for (const receipt of acked) if (consumer.held.delete(receipt)) count += 1;
    const unhandled = Math.min(expired, count);
    this.counters.expired += unhandled;
    this.counters.acked += count - unhandled;
  }

  /** Moves one element to the consumer, as a blocking move does. */
  move(consumer: ModelConsumer): Message | undefined {
    const message = this.list.shift();
    if (message) consumer.handoff.push(message);
    return message;
  }

  /** What has no receipt gets one. */
  reclaim(consumer: ModelConsumer, firstReceipt: number, handedOff: number | undefined): void {
    if (handedOff !== undefined) adopt(consumer, handedOff);
    for (const [at, message] of consumer.handoff.entries()) {
      consumer.held.set(firstReceipt + at, message);
    }
    consumer.handoff = [];
  }

  /** Returns for each receipt whether it was held. */
  retry(consumer: ModelConsumer, receipts: readonly number[], delay: number, holdsKey: boolean) {
    const found = receipts.map((receipt) => consumer.held.has(receipt));
    const retried = take(consumer, receipts).map(again);
    this.counters.retried += retried.length;
    for (const message of delay > 0 ? retried : retried.reverse()) {
      if (delay > 0 && !(holdsKey && message.key !== undefined)) {
        this.#delay(message, delay);
        continue;
      }
      this.#put(message, 'first');
      if (delay > 0) this.holds.set(message.key as string, this.tick + delay);
    }
    this.#count(consumer);
    return found;
  }

  deadLetter(consumer: ModelConsumer, receipts: readonly number[]) {
    const found = receipts.map((receipt) => consumer.held.has(receipt));
    const letters = take(consumer, receipts).map(again);
    this.dead.push(...letters);
    this.counters.dead += letters.length;
    this.#count(consumer);
    return found;
  }

  /** Returns how many were returned. */
  release(consumer: ModelConsumer, receipts: readonly number[]): number {
    const newestFirst = [...receipts].sort((a, b) => b - a);
    const released = take(consumer, newestFirst);
    for (const message of released) this.#putBack(message);
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
    const all = [...inOrder(consumer), ...consumer.handoff];
    const isToBlame = (message: Message) => message.isSuspect && message.attempt + 1 >= maxAttempts;
    for (const message of all) {
      if (isToBlame(message)) this.dead.push(again(message));
      else listIn(this.suspects, message.level).push({ ...again(message), isSuspect: true });
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

  limit({ concurrency, keyConcurrency, keyMaxLength }: QueueLimitChanges): void {
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
    for (const { message } of due) this.#put(message, 'last');
    return due.length;
  }

  redrive(count: number): number {
    const letters = this.dead.splice(0, count);
    for (const letter of letters) this.#put({ ...letter, attempt: 0, isSuspect: false }, 'last');
    return letters.length;
  }

  purge(): void {
    this.list = [];
    this.returned = [];
    this.delayed = [];
    for (const waiting of [this.byLevel, this.byKey, this.suspects]) waiting.clear();
    this.holds.clear();
  }

  destroy(): void {
    this.purge();
    this.dead = [];
    for (const consumer of this.consumers) {
      forget(consumer);
      consumer.rememberedUntil = undefined;
      consumer.isCounted = false;
      if (consumer.state !== 'left') consumer.state = 'gone';
    }
    this.keyPauses.clear();
    this.pausedUntil = undefined;
    this.limit({ concurrency: null, keyConcurrency: null, keyMaxLength: null });
    this.hasLoweredKeys = false;
    this.hasLevels = this.hasKeys = false;
    this.counters = { acked: 0, expired: 0, retried: 0, dead: 0, recovered: 0 };
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

/** What a blocking move has brought last gets a receipt. */
function adopt(consumer: ModelConsumer, receipt: number): void {
  if (consumer.held.has(receipt)) return;
  const message = consumer.handoff.pop();
  if (message) consumer.held.set(receipt, message);
}

function inOrder({ held }: ModelConsumer): Message[] {
  return [...held].sort(([a], [b]) => a - b).map(([, message]) => message);
}

function take({ held }: ModelConsumer, receipts: readonly number[]): Message[] {
  const messages = receipts.map((receipt) => held.get(receipt));
  for (const receipt of receipts) held.delete(receipt);
  return messages.filter((message) => message !== undefined);
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
