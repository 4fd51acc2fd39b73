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
import { arrival } from '../reading/arrival.js';
import { type TakeResult, take } from '../scripts/take.js';
import type { GroupKeys } from '../topic-keys.js';
import type { StreamStore } from './stream-store.js';

/** The session of a group's consumer. */
export interface StreamSession<Body> extends FedSession<HeldRecord<Body>>, RecordSettler {
  readonly store: StreamStore;
  readonly settlements: Settlements<HeldRecord<Body>>;
  readonly order: KeyOrder<HeldRecord<Body>> | undefined;
  /** Records that were to come again, but which retention has removed. */
  trimmed(offsets: readonly string[]): void;
}

const maxAckedPerCall = 4000;
/** How many records may wait for others of their key, before no new ones are taken. */
const maxBlocked = 100;

/** Acknowledged by their offsets, in the order in which they were settled. */
class RecordAcks<Body> implements Acks<HeldRecord<Body>, Acked<HeldRecord<Body>>> {
  #held: HeldRecord<Body>[] = [];

  get size(): number {
    return this.#held.length;
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
 * Where the feed of a group's consumer gets its records: by the script `take`. A blocking read tells of new
 * ones and takes none, so records are taken while one is out; and a timer wakes for those that come again.
 *
 * When too many records wait for others of their key, new ones would only wait as well: then only those that
 * come again are taken, once each time they may be due.
 */
export class StreamSource<Body = unknown>
  implements FeedSource<HeldRecord<Body>, Acked<HeldRecord<Body>>>
{
  readonly acks = new RecordAcks<Body>();
  /** Two keep both sides busy, one keeps the order. */
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
    this.#keys = context.partitions[session.partition] as GroupKeys;
    this.limits = { calls: context.isOrdered ? 1 : 2, perCall: 500 };
  }

  /** The feed whose source it is. */
  attach(feed: Feed<HeldRecord<Body>>): void {
    this.#feed = feed;
  }

  /** Records that come again may be due: a blocking read does not tell of them. */
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
    return result.status === 'lost' ? 'lost' : this.#answer(result, withSuspect);
  }

  wait(): void {
    void this.#waitForMore(new AbortController());
  }

  /** It takes nothing, so it may go on. */
  async endWait(): Promise<void> {}

  /** Returns what Redis counts as held by this consumer and is not known here: others may take it as well. */
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

  /** By the server's clock, so that a wrong clock here does no harm. */
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
