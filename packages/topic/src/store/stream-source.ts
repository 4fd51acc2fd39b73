import { longestTimerMs } from '@redpost/core';
import {
  type Acked,
  type Acks,
  type Answer,
  type Asked,
  clearTimeout,
  type FedSession,
  type Feed,
  type FeedSource,
  type Settlements,
  setTimeout,
} from '@redpost/core/consuming';
import { HeldRecord, type RecordSettler } from '../consuming/group-delivery.js';
import type { KeyOrder } from '../consuming/key-order.js';
import type { GroupContext } from '../group/group-context.js';
import type { GroupPartition } from '../group/group-partitions.js';
import { arrival } from '../reading/arrival.js';
import { type TakeResult, take } from '../scripts/take.js';
import type { GroupKeys } from '../topic-keys.js';
import type { StreamStore } from './stream-store.js';

/** The session of a consumer of a group. */
export interface StreamSession<Body> extends FedSession<HeldRecord<Body>>, RecordSettler {
  readonly place: GroupPartition;
  readonly store: StreamStore;
  readonly settlements: Settlements<HeldRecord<Body>>;
  readonly order: KeyOrder<HeldRecord<Body>> | undefined;
  /** Looks whether all is settled of a partition that gets no more records. */
  lookIfSettled(): void;
  /** Retention has removed records that were due for another attempt. */
  trimmed(offsets: readonly string[]): void;
}

const maxAckedPerCall = 4000;
/** How many records may wait for other records of their key before no new records are taken. */
const maxBlocked = 100;

/** The acknowledgements that wait to be sent, in the order in which the records were settled. */
class RecordAcks<Body> implements Acks<HeldRecord<Body>, Acked<HeldRecord<Body>>> {
  #held: HeldRecord<Body>[] = [];

  get size(): number {
    return this.#held.length;
  }

  get ready(): number {
    return this.size;
  }

  add(held: HeldRecord<Body>): void {
    this.#held.push(held);
  }

  take(): Acked<HeldRecord<Body>> {
    return { held: this.#held.splice(0, maxAckedPerCall) };
  }

  sendAgain({ held }: Acked<HeldRecord<Body>>): void {
    this.#held.unshift(...held);
  }
}

/**
 * Gets records for the feed of a group's consumer, by the script `take`. A blocking read reports new records and takes
 * none, so records may be taken while it is pending. A timer wakes the feed when the next delayed record is due.
 *
 * When too many records wait for other records of their key, new ones would probably wait, too. Then only records that are
 * delivered again are taken, once each time that some may be due.
 */
export class StreamSource<Body = unknown>
  implements FeedSource<HeldRecord<Body>, Acked<HeldRecord<Body>>>
{
  readonly acks = new RecordAcks<Body>();
  /** Two calls at a time keep both sides busy; a single one keeps the order. */
  readonly limits: { readonly calls: number; readonly perCall: number };
  readonly bringsUnasked = false;
  readonly hasNews = false;
  readonly isHeldUp = false;
  readonly #context: GroupContext;
  readonly #session: StreamSession<Body>;
  readonly #keys: GroupKeys;
  #feed!: Feed<HeldRecord<Body>>;
  #mayBeDue = false;
  #waitBehind = '0-0';
  #wait: AbortController | undefined;
  #dueTimer: NodeJS.Timeout | undefined;

  constructor(context: GroupContext, session: StreamSession<Body>) {
    this.#context = context;
    this.#session = session;
    this.#keys = session.place.keys;
    this.limits = { calls: session.place.isOrdered ? 1 : 2, perCall: 500 };
  }

  /** Sets the feed that this source belongs to. */
  attach(feed: Feed<HeldRecord<Body>>): void {
    this.#feed = feed;
  }

  /** Delayed records may be due, which a blocking read does not report. */
  mayBeDue(): void {
    this.#mayBeDue = true;
  }

  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  mayAsk(isFlowing: boolean): boolean {
    return this.#isFull ? this.#mayBeDue : isFlowing;
  }

  async exchange(
    { count, withSuspect }: Asked,
    acked: Acked<HeldRecord<Body>>,
  ): Promise<Answer<HeldRecord<Body>> | 'lost'> {
    const { topic, group } = this.#context;
    if (count > 0) this.#mayBeDue = false;
    const result = await topic.connection.run(take, {
      keys: this.#keys,
      group,
      consumer: this.#session.consumer,
      count,
      withNew: !this.#isFull,
      withSuspect,
      acked: acked.held.map(({ offset }) => offset),
    });
    if (result.status === 'lost') return 'lost';
    this.#session.lookIfSettled();
    return this.#answer(result, withSuspect);
  }

  wait(): void {
    void this.#waitForMore(new AbortController());
  }

  /** Does nothing, because the blocking read takes no records. */
  async endWait(): Promise<void> {}

  /** Returns records that Redis counts as held by this consumer and that are not known here. Any consumer may take them. */
  async reconcile(): Promise<boolean> {
    const { store, heartbeat, settlements, held, order } = this.#session;
    if (!(await heartbeat.renew())) return false;
    const known = Array.from(held, ({ offset }) => offset);
    await settlements.repeat(() => store.returnUnknown(known));
    await order?.expectPending(held);
    this.#feed.arrived();
    return true;
  }

  end(): void {
    clearTimeout(this.#dueTimer);
    this.#wait?.abort();
  }

  get #isFull(): boolean {
    return (this.#session.order?.blocked ?? 0) >= maxBlocked;
  }

  #answer(
    { records, due, now, trimmed, waitBehind }: Extract<TakeResult, { status: 'held' }>,
    withSuspect: boolean,
  ): Answer<HeldRecord<Body>> {
    const session = this.#session;
    if (!this.#feed.hasEnded) {
      this.#wakeAt(due, now);
      if (trimmed.length > 0) session.trimmed(trimmed);
    }
    if (waitBehind !== undefined) this.#waitBehind = waitBehind;
    const items = records.map((taken) => new HeldRecord<Body>(session, taken));
    const suspect = withSuspect ? items.find(({ isSuspect }) => isSuspect) : undefined;
    const bytes = items.reduce((sum, { size }) => sum + size, 0);
    const supply = waitBehind === undefined ? 'unknown' : 'empty';
    return { items, suspect, bytes, supply, isGated: false };
  }

  /** Both times are by the clock of the server, so the clock of this machine does not matter. */
  #wakeAt(due: number | undefined, now: number): void {
    clearTimeout(this.#dueTimer);
    if (due === undefined) return;
    const waitMs = Math.min(Math.max(1, Math.ceil(due - now)), longestTimerMs);
    this.#dueTimer = setTimeout(() => {
      this.#mayBeDue = true;
      this.#feed.arrived();
    }, waitMs);
  }

  async #waitForMore(wait: AbortController): Promise<void> {
    this.#wait = wait;
    const place = { stream: this.#keys.stream, offset: this.#waitBehind, signal: wait.signal };
    const failed = (error: Error) => this.#session.failed(error);
    await arrival(this.#context.topic.connection, place, failed).catch(failed);
    this.#wait = undefined;
    this.#feed.arrived();
  }
}
