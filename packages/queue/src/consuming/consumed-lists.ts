import type { QueueContext } from '../context.js';
import { RoomAhead } from '../limiting/room-ahead.js';
import { leaseName } from '../partitions/lease-name.js';
import type { Shape } from '../shape/shape.js';
import type { Session } from './session.js';

/** A list that a consumer takes from: that of the queue, or that of a partition. */
export class ConsumedList<Body> {
  readonly context: QueueContext<Body>;
  /** Its number, 0 for the list of the queue's name. */
  readonly at: number;
  /** After a lost lease another one. */
  session!: Session<Body>;
  /** As the shape says: nothing may start. */
  isStill = false;
  /** Whether messages may be taken ahead of the handlers, as far as the shape says. */
  leasesAhead: Shape['leasesAhead'] = true;
  keysLeaseAhead = true;
  readonly roomAhead = new RoomAhead();

  constructor(context: QueueContext<Body>, at: number) {
    this.context = context;
    this.at = at;
  }

  /** How many messages may be taken ahead of the handlers at most. */
  get mostAhead(): number {
    if (!this.leasesAhead || !this.keysLeaseAhead) return 0;
    return this.leasesAhead === 'in-room' ? this.roomAhead.most : Number.POSITIVE_INFINITY;
  }
}

/** All lists that a consumer takes from, as what wants messages of them sees them. */
export class ConsumedLists<Body> {
  readonly #all: ConsumedList<Body>[] = [];

  [Symbol.iterator](): Iterator<ConsumedList<Body>> {
    return this.#all[Symbol.iterator]();
  }

  get count(): number {
    return this.#all.length;
  }

  /** The list of the queue's name. */
  get first(): ConsumedList<Body> {
    return this.#all[0] as ConsumedList<Body>;
  }

  get sessions(): Session<Body>[] {
    return this.#all.map(({ session }) => session);
  }

  add(list: ConsumedList<Body>): void {
    this.#all.push(list);
  }

  /** How many messages pending calls have asked for. */
  get requested(): number {
    return this.#sum(({ requested }) => requested);
  }

  /** How many messages wait for others of their key. */
  get behind(): number {
    return this.#sum(({ behind }) => behind);
  }

  /** True while messages are expected of any. */
  get isFlowing(): boolean {
    return this.#all.some(({ session }) => session.isFlowing);
  }

  /** True when nothing was left in any at the last look. */
  get isDry(): boolean {
    return this.#all.every(({ session }) => session.isDry);
  }

  /** True while a blocking move is out. */
  get isWaiting(): boolean {
    return this.#all.some(({ session }) => session.isWaiting);
  }

  /** The name of the first session that this list has; undefined for a new one. */
  nameFor({ at }: ConsumedList<Body>): string | undefined {
    return at === 0 ? undefined : leaseName(this.first.session.consumer, at);
  }

  /** There is new demand. */
  pump(): void {
    for (const { session } of this.#all) session.pump();
  }

  /** There is new demand, by a caller that waits for nothing else. */
  pollAgain(): void {
    for (const { session } of this.#all) session.pollAgain();
  }

  /** True when nothing may start of any. */
  get areStill(): boolean {
    return this.#all.every(({ isStill }) => isStill);
  }

  /** At least as many messages may be taken ahead of the handlers of some list. */
  get mostAhead(): number {
    return Math.max(...this.#all.map(({ mostAhead }) => mostAhead));
  }

  #sum(numberOf: (session: Session<Body>) => number): number {
    let sum = 0;
    for (const { session } of this.#all) sum += numberOf(session);
    return sum;
  }
}
