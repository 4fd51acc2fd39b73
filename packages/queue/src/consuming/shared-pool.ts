import {
  Ahead,
  clearTimeout,
  HandlerPool,
  performance,
  setTimeout,
  Turns,
} from '@redpost/core/consuming';
import type { Handler } from './consumer.js';
import type { HeldDelivery } from './delivery.js';
import type { Handlers, HandlersHost } from './handlers.js';
import type { TurnOrder } from './turn-order.js';

/** How often at most a queue that was found empty is looked at again while others have messages, in ms. */
const lookAgainMs = 10;
/** How long the others wait for a queue whose turn it is and whose messages do not come, in ms. */
const patienceMs = 500;

/**
 * Handlers that the consumers of several queues share. Each free handler is a turn of one of the queues, which may
 * lease one message for it; and messages are started in the order of the turns, whichever answer comes first.
 *
 * A queue that is known to be empty has no turn. While all of them are, each waits for messages of its own.
 */
export class SharedPool<Body = unknown> {
  /** The feeds of all queues. */
  readonly turns = new Turns(() => this.#prepare());
  readonly #pool: HandlerPool<HeldDelivery<Body>>;
  readonly #order: TurnOrder;
  readonly #shares = new Map<string, Share<Body>>();
  /** Whose turns come next. */
  #upcoming: Share<Body>[] = [];
  #isStarting = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(handler: Handler<Body>, concurrency: number, order: TurnOrder) {
    this.#order = order;
    this.#pool = new HandlerPool<HeldDelivery<Body>>(handler, concurrency, {
      open: (held) => this.#hostOf(held).open(held),
      outcomes: {
        succeeded: (held, value) => this.#hostOf(held).outcomes.succeeded(held, value),
        failed: (held, thrown) => this.#hostOf(held).outcomes.failed(held, thrown),
      },
      finished: () => this.startMore(),
      // What comes next is decided when a handler is free, so only what could not be started waits in it.
      stuck: () => {
        for (const held of this.#pool.removeWaiting()) this.#shareOf(held).giveBack(held);
      },
    });
  }

  /**
   * The handlers of one more queue, which comes after those before it.
   *
   * @param drained called when it has become empty.
   */
  share(queue: string, host: HandlersHost<Body>, drained: () => void): Handlers<Body> {
    const share = new Share<Body>(this, host, drained);
    this.#shares.set(queue, share);
    return share;
  }

  get isCaller(): boolean {
    return this.#pool.isCaller;
  }

  stall(): void {
    this.#pool.stall();
  }

  /** One of the queues may have another number of messages that wait for a handler: the least one holds for all. */
  leaseAhead(): void {
    this.#pool.leaseAhead(
      Math.min(...[...this.#shares.values()].map(({ mostAhead }) => mostAhead)),
    );
  }

  done(): Promise<void> {
    return this.#pool.done();
  }

  /** How many messages this queue may lease, besides those that it has leased: also what is asked for already counts. */
  freeOf(share: Share<Body>): number {
    if (share.isHeldUp) return 0;
    const free = this.#pool.free;
    let waiting = 0;
    let requested = 0;
    for (const each of this.#shares.values()) {
      waiting += each.waiting.size;
      // What does not come in time keeps no handler from the others.
      if (!each.isLate) requested += each.requested;
    }
    if (share.takesTurns) {
      const left = free - waiting - requested + share.requested;
      return Math.max(0, Math.min(this.#turnsOf(share, free) - share.waiting.size, left));
    }
    // It is empty, as far as is known: it may wait for one if nobody has a turn for that handler. If it waits
    // already, it goes on as long as a handler is free.
    const taken = share.isWaiting ? waiting : this.#upcoming.length;
    return free > taken ? 1 : 0;
  }

  /** These may be started: those that came without a turn get one. */
  cameBack(share: Share<Body>): void {
    while (share.turns < share.waiting.size) this.#give(share);
    this.startMore();
  }

  /** Starts as many handlers as it may, each with a message of the queue whose turn it is. */
  startMore(): void {
    // A handler that returns at once leads back here.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#pool.idle > 0) {
      const share = this.#next();
      if (!share) break;
      this.#upcoming.shift();
      share.turns -= 1;
      this.#pool.accept([share.waiting.take() as HeldDelivery<Body>]);
    }
    this.#isStarting = false;
    this.turns.soon();
  }

  /** The one whose turn it is, if its message is here. */
  #next(): Share<Body> | undefined {
    for (;;) {
      const [share] = this.#upcoming;
      if (share?.isOverdue) share.host.stuck();
      if (share?.isStale) share.isLate = true;
      else if (share?.isReady) {
        this.#endPatience();
        return share;
      }
      if (!share) return undefined;
      const surplus = share.surplus;
      if (surplus === 0) return undefined;
      this.#takeBack(share, surplus);
    }
  }

  /** The others wait for the one whose turn it is, but not for ever. */
  #limitWait(): void {
    const [share] = this.#upcoming;
    if (!share || share.isReady || this.#pool.idle <= 0) return;
    this.#patience ??= setTimeout(() => this.#losePatience(share), patienceMs).unref();
  }

  #losePatience(share: Share<Body>): void {
    this.#patience = undefined;
    if (this.#upcoming[0] === share && !share.isReady) share.isLate = true;
    this.startMore();
  }

  #endPatience(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  /** Decides who may ask for messages now. */
  #prepare(): void {
    for (const share of this.#shares.values()) this.#takeBack(share, share.surplus);
    this.#giveTurns();
    this.#limitWait();
  }

  #giveTurns(): void {
    const free = this.#pool.free;
    if (this.#upcoming.length >= free) return;
    const now = performance.now();
    const shares = [...this.#shares.values()];
    const mayHave = shares.map((share) => share.mayHaveTurns(now));
    while (this.#upcoming.length < free) {
      const turn = this.#order.next(mayHave);
      if (turn === undefined) return;
      const share = shares[turn] as Share<Body>;
      this.#give(share);
      share.lookAgain(now);
    }
  }

  #give(share: Share<Body>): void {
    this.#upcoming.push(share);
    share.turns += 1;
  }

  /** Takes its last turns back: there is nothing to come for them. */
  #takeBack(share: Share<Body>, count: number): void {
    const [head] = this.#upcoming;
    let left = count;
    for (let at = this.#upcoming.length - 1; at >= 0 && left > 0; at -= 1) {
      if (this.#upcoming[at] !== share) continue;
      this.#upcoming.splice(at, 1);
      share.turns -= 1;
      left -= 1;
    }
    if (this.#upcoming[0] !== head) this.#endPatience();
  }

  /** How many of so many turns are those of one queue. */
  #turnsOf(share: Share<Body>, count: number): number {
    if (this.#upcoming.length <= count) return share.turns;
    let turns = 0;
    for (let at = 0; at < count; at += 1) if (this.#upcoming[at] === share) turns += 1;
    return turns;
  }

  #hostOf(held: HeldDelivery<Body>): HandlersHost<Body> {
    return this.#shareOf(held).host;
  }

  #shareOf({ queue }: HeldDelivery<Body>): Share<Body> {
    return this.#shares.get(queue) as Share<Body>;
  }
}

/** What one of the queues has of the handlers. */
class Share<Body> implements Handlers<Body> {
  readonly host: HandlersHost<Body>;
  /** What is leased and not started. */
  readonly waiting: Ahead<HeldDelivery<Body>>;
  /** How many of the next turns it has. */
  turns = 0;
  /** Nothing came when it was its turn. It gets no further ones until something is heard of it. */
  isLate = false;
  mostAhead = Number.POSITIVE_INFINITY;
  readonly #pool: SharedPool<Body>;
  readonly #drained: () => void;
  #isPaused = false;
  #isStopped = false;
  #isKnownEmpty = false;
  /** When it was last found empty, or looked at again, by `performance.now()`. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(pool: SharedPool<Body>, host: HandlersHost<Body>, drained: () => void) {
    this.#pool = pool;
    this.host = host;
    this.#drained = drained;
    this.waiting = new Ahead(() => host.stuck());
  }

  get free(): number {
    return this.#pool.freeOf(this);
  }

  get isCaller(): boolean {
    return this.#pool.isCaller;
  }

  get requested(): number {
    return this.host.lists.requested;
  }

  get isWaiting(): boolean {
    return this.host.lists.isWaiting;
  }

  /** It starts nothing. */
  get isHeldUp(): boolean {
    return this.#isPaused || this.#isStopped;
  }

  /** Messages are expected of it. */
  get takesTurns(): boolean {
    return !this.isHeldUp && !this.isLate && this.host.lists.isFlowing;
  }

  /** Its next message is here. */
  get isReady(): boolean {
    return this.waiting.size > 0 && !this.isHeldUp && !this.isLate && !this.isOverdue;
  }

  /** Others may have its messages: the next beat tells. */
  get isStale(): boolean {
    const { next } = this.waiting;
    return next !== undefined && !next.settler.isFreshAt(performance.now());
  }

  /** Its next message may not be started any more, because of the rate of the queue: it is to be returned. */
  get isOverdue(): boolean {
    const { next } = this.waiting;
    return next?.startBy !== undefined && next.startBy < performance.now();
  }

  /** How many of its turns nothing can come for. */
  get surplus(): number {
    if (this.isHeldUp || this.isLate) return this.turns;
    if (this.takesTurns) return 0;
    return Math.max(0, this.turns - this.waiting.size - this.requested);
  }

  /** @param now by `performance.now()`. */
  mayHaveTurns(now: number): boolean {
    if (this.takesTurns) return true;
    if (this.isHeldUp || this.isLate) return false;
    const { isDry, isWaiting } = this.host.lists;
    return isDry && !isWaiting && now - this.#lookedAt >= lookAgainMs;
  }

  /** It has a turn: if it was empty, there may be something now. */
  lookAgain(now: number): void {
    if (this.takesTurns) return;
    this.#lookedAt = now;
    this.host.lists.pollAgain();
  }

  accept(deliveries: readonly HeldDelivery<Body>[]): void {
    this.#isKnownEmpty = false;
    this.isLate = false;
    this.waiting.add(deliveries);
    if (!this.isHeldUp) this.#pool.cameBack(this);
    this.waiting.watch();
  }

  /** It was not started in time: it is returned. */
  giveBack(held: HeldDelivery<Body>): void {
    this.waiting.add([held]);
    this.host.stuck();
  }

  drained(isGated: boolean): void {
    this.isLate = false;
    this.#lookedAt = performance.now();
    this.#pool.startMore();
    if (isGated || this.#isKnownEmpty) return;
    this.#isKnownEmpty = true;
    this.#drained();
  }

  goOn(): void {
    // It had to wait for its lease.
    if (this.waiting.size > 0) this.isLate = false;
    if (!this.isHeldUp) this.#pool.cameBack(this);
  }

  stop(): void {
    this.#isStopped = true;
    this.#pool.startMore();
  }

  pause(): void {
    this.#isPaused = true;
    this.#pool.startMore();
  }

  resume(): void {
    this.#isPaused = false;
    this.goOn();
  }

  stall(): void {
    this.#pool.stall();
  }

  leaseAhead(most: number): void {
    this.mostAhead = most;
    this.#pool.leaseAhead();
  }

  removeWaiting(): HeldDelivery<Body>[] {
    const waiting = this.waiting.takeAll();
    this.#pool.startMore();
    return waiting;
  }

  done(): Promise<void> {
    return this.#pool.done();
  }
}
