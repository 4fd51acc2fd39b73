import { asError, longestTimerMs } from '@redpost/core';
import { CallSize, clearTimeout, Pump, SuspectPlace, setTimeout } from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { isGroupMissing } from '../group/group-missing.js';
import { arrival } from '../reading/arrival.js';
import { sizeOf } from '../record/packed-entries.js';
import { type TakeInput, type Taken, type TakeResult, take } from '../scripts/take.js';
import type { GroupKeys } from '../topic-keys.js';
import type { HeldRecord } from './group-delivery.js';
import type { Turns } from './turns.js';

/** Asked for in one call at most. */
const maxPerCall = 500;

export interface GroupFeedOptions {
  keys: GroupKeys;
  consumer: string;
  /** How many calls may be out at a time: two keep both sides busy, one keeps the order. */
  maxCalls: 1 | 2;
  /** Shared with the other feeds of this member, as the demand is. */
  turns: Turns;
  /** How many more records are wanted now, apart from those the feed has asked for already. */
  demand(): number;
  /** True when new records would only wait for others: then only those that come again are taken. */
  isFull(): boolean;
  accept(records: readonly Taken[]): void;
  /** Redis has confirmed these acknowledgements. */
  acked(records: readonly HeldRecord[]): void;
  /** These could not be confirmed yet: they are sent again. */
  unconfirmed(records: readonly HeldRecord[], error: Error): void;
  /** Records that were to come again, but which retention has removed. */
  trimmed(offsets: readonly string[]): void;
  /** Nothing was left to be delivered. */
  drained(epoch: number): void;
  /** The lease was lost, or the group is gone: nothing more can be done. */
  lost(): void;
  failed(error: Error): void;
  /** False when the lease may have run out by now. */
  isFresh(): boolean;
  /**
   * Returns the records that Redis counts as held by this consumer and that are not known here. No call
   * is out meanwhile. Resolves to false when the lease is lost.
   */
  reconcile(): Promise<boolean>;
}

type Asked = Pick<TakeInput, 'count' | 'withNew' | 'withSuspect'>;

/** A take call that is out. */
interface Call {
  acked: readonly HeldRecord[];
  withSuspect: boolean;
  /** The epoch in which it was made. */
  epoch: number;
}

const maxAckedPerCall = 4000;

/**
 * Whether the partition is expected to have records for this group.
 *
 * - `flowing`: it is, so take calls ask for them while there is demand. Entered at the start, by
 *   `pollAgain()`, when the blocking read is over, when records that come again are due, and when
 *   `reconciling` is over. Left for `dry` when an answer says that nothing was left. Ignored meanwhile:
 *   such an answer to a call of an earlier epoch, as it knows nothing of later records.
 * - `dry`: nothing was left at the last look. While there is demand, a blocking read waits on a socket of
 *   its own. Left for `flowing` as named there. Nothing is ignored: calls that acknowledge, or ask for a
 *   suspect, go on.
 *
 * Whether a blocking read is out is independent of that (`#wait`), because it takes nothing and only
 * tells when to ask again: records are taken while one that is not needed any more goes on, and when the
 * supply is dry again it serves once more. `#mayBeDue` is independent, too: it counts only while
 * `isFull()` keeps new records out, and is reset by a call that asks for those that come again.
 */
type Supply = 'flowing' | 'dry';

/**
 * Whether this consumer knows what it holds in Redis.
 *
 * - `sure`: it does, and calls go out as the supply allows. Entered at the start, and when
 *   `reconciling` has worked. Left for `unsure` when an answer got lost, and with it perhaps records; when one was
 *   read so late that others may have its records (this process was frozen, say); and by `doubt()`: Redis
 *   was away, or counts more as held than are known here, for it may have come back with what it knew
 *   some time ago. Nothing is ignored.
 * - `unsure`: no call is sent, and those that are out are waited for. Left for `reconciling` when none is
 *   out any more and no pause after a failure goes on. Ignored meanwhile: demand, and settled records,
 *   which wait; further doubt. The blocking read goes on.
 * - `reconciling`: what Redis says this consumer holds, and nobody here knows of, is returned. Left for
 *   `sure` when that is done; for `unsure` when it fails. Ignored meanwhile: as before; doubt, which this
 *   dispels.
 *
 * A lost lease and `end()` end all of this: then nothing is sent any more.
 */
type Certainty = 'sure' | 'unsure' | 'reconciling';

/**
 * Gets records from Redis for one consumer and carries its acknowledgements. What was settled meanwhile
 * travels with the next take call.
 *
 * It has two states, `Supply` and `Certainty`, which are independent.
 */
export class GroupFeed {
  readonly #context: GroupContext;
  readonly #options: GroupFeedOptions;
  readonly #pump = new Pump(() => this.#send());
  readonly #callSize = new CallSize(maxPerCall);
  /** By its offset. */
  readonly #suspect = new SuspectPlace<string>();
  #acks: HeldRecord[] = [];
  #calls = 0;
  #requested = 0;
  #supply: Supply = 'flowing';
  #certainty: Certainty = 'sure';
  /** Counts `pollAgain`: an answer to a call of an earlier epoch knows nothing of later records. */
  #epoch = 0;
  /** Records that come again may be due. */
  #mayBeDue = false;
  #waitBehind = '0-0';
  #wait: AbortController | undefined;
  #dueTimer: NodeJS.Timeout | undefined;
  readonly #idleWaiters: (() => void)[] = [];

  constructor(context: GroupContext, options: GroupFeedOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** How many records are asked for and have not come yet. */
  get requested(): number {
    return this.#requested;
  }

  /** True when no call is out: the server then counts no more than is held here. */
  get isQuiet(): boolean {
    return this.#calls === 0 && this.#certainty !== 'reconciling';
  }

  /** True when nothing was left when Redis was last asked. */
  get isDry(): boolean {
    return this.#supply === 'dry';
  }

  start(): void {
    this.#options.turns.putLast(this);
    this.#pump.start();
  }

  /** Resolves when all that was settled is confirmed and no call is out. */
  idle(): Promise<void> {
    if (this.#isIdle || this.#pump.hasEnded) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Acknowledges with the next call. */
  ack(held: HeldRecord): void {
    this.#acks.push(held);
    this.settled(held);
  }

  /** What was held no longer is, so there may be demand again. */
  settled({ offset }: HeldRecord): void {
    this.#suspect.settled(offset);
    this.#options.turns.soon();
  }

  /** Asks once more, though nothing was left: a blocking read does not tell of records that come again. */
  pollAgain(): void {
    this.#suspect.lookAgain();
    this.#epoch += 1;
    this.#supply = 'flowing';
    this.#mayBeDue = true;
    this.#options.turns.soon();
  }

  /** The server said something that does not fit: compare what is held. */
  doubt(): void {
    if (this.#certainty === 'sure') this.#certainty = 'unsure';
    this.#options.turns.soon();
  }

  /** Sends whatever there is to send now, unless it pauses after a failure. */
  pump(): void {
    this.#pump.now();
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#pump.end();
    this.#options.turns.remove(this);
    clearTimeout(this.#dueTimer);
    this.#wait?.abort();
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  get #isIdle(): boolean {
    return this.#calls === 0 && this.#acks.length === 0;
  }

  /** Sends whatever there is to send. */
  #send(): void {
    if (this.#certainty !== 'sure') {
      if (this.#certainty === 'unsure' && this.#calls === 0) void this.#reconcile();
      return;
    }
    while (this.#exchangeIfNeeded());
    if (this.#isIdle) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#supply === 'dry' && !this.#wait && this.#options.demand() > 0) {
      void this.#waitForMore();
    }
  }

  #exchangeIfNeeded(): boolean {
    if (this.#calls >= this.#callSize.callsOf(this.#options.maxCalls)) return false;
    const withNew = !this.#options.isFull();
    const mayTake = withNew ? this.#supply === 'flowing' : this.#mayBeDue;
    const hasNews = this.#acks.length > 0 && this.#calls === 0;
    // The demand has to be looked up in all partitions.
    if (!mayTake && !hasNews && !this.#suspect.isFree) return false;
    const demand = this.#options.demand();
    const count = mayTake ? Math.max(0, Math.min(demand, this.#callSize.count)) : 0;
    const withSuspect = demand > 0 && this.#suspect.isFree;
    if (count === 0 && !withSuspect && !hasNews) return false;
    void this.#exchange({ count, withNew, withSuspect });
    return true;
  }

  async #exchange(asked: Asked): Promise<void> {
    const { count, withSuspect } = asked;
    const { topic, group } = this.#context;
    const { keys, consumer } = this.#options;
    const acked = this.#acks.splice(0, maxAckedPerCall);
    if (withSuspect) this.#suspect.take('asked for');
    this.#calls += 1;
    this.#requested += count;
    const offsets = acked.map(({ offset }) => offset);
    if (count > 0) {
      this.#mayBeDue = false;
      this.#options.turns.putLast(this);
    }
    const epoch = this.#epoch;
    const input = { keys, group, consumer, ...asked, acked: offsets };
    const result = await topic.connection.run(take, input).catch((error) => {
      this.#acks.unshift(...acked);
      if (withSuspect) this.#suspect.free();
      this.#options.unconfirmed(acked, asError(error));
      this.#fail(error);
    });
    this.#calls -= 1;
    this.#requested -= count;
    if (result && !this.#pump.hasEnded) this.#conclude(result, { acked, withSuspect, epoch });
    // What was asked for and has not come, others may ask for.
    this.#options.turns.now();
  }

  #conclude(result: TakeResult, { acked, epoch, withSuspect }: Call): void {
    if (result.status === 'lost') {
      this.#options.lost();
      return;
    }
    this.#pump.worked();
    this.#options.acked(acked);
    const { records, trimmed } = result;
    if (records.length > 0) this.#callSize.note(records.length, totalSize(records));
    this.#wakeAt(result.due, result.now);
    if (trimmed.length > 0) this.#options.trimmed(trimmed);
    this.#takeIn(records, withSuspect);
    if (result.waitBehind !== undefined && epoch === this.#epoch) {
      this.#supply = 'dry';
      this.#waitBehind = result.waitBehind;
      this.#options.drained(epoch);
    }
  }

  #takeIn(records: readonly Taken[], withSuspect: boolean): void {
    if (records.length > 0 && !this.#options.isFresh()) {
      // All of them are returned, and the suspect among them has to be asked for again.
      if (withSuspect) this.#suspect.free();
      this.#certainty = 'unsure';
      return;
    }
    if (withSuspect) this.#noteSuspect(records);
    if (records.length > 0) this.#options.accept(records);
  }

  #noteSuspect(records: readonly Taken[]): void {
    const suspect = records.find(({ isSuspect }) => isSuspect);
    if (suspect) this.#suspect.take(suspect.offset);
    else this.#suspect.foundNone();
  }

  /** By the server's clock, so that a wrong clock here does no harm. */
  #wakeAt(due: number | undefined, now: number): void {
    clearTimeout(this.#dueTimer);
    if (due === undefined) return;
    const waitMs = Math.min(Math.max(1, Math.ceil(due - now)), longestTimerMs);
    this.#dueTimer = setTimeout(() => {
      this.#supply = 'flowing';
      this.#mayBeDue = true;
      this.#pump.now();
    }, waitMs);
  }

  async #waitForMore(): Promise<void> {
    const { connection } = this.#context.topic;
    const { stream } = this.#options.keys;
    const wait = new AbortController();
    this.#wait = wait;
    const failed = (error: Error) => {
      if (!this.#pump.hasEnded) this.#options.failed(error);
    };
    const place = { stream, offset: this.#waitBehind, signal: wait.signal };
    await arrival(connection, place, failed).catch(failed);
    this.#wait = undefined;
    this.#supply = 'flowing';
    this.#pump.now();
  }

  async #reconcile(): Promise<void> {
    this.#certainty = 'reconciling';
    try {
      const isHeld = await this.#options.reconcile();
      this.#certainty = 'sure';
      if (isHeld) this.#supply = 'flowing';
      else this.#options.lost();
    } catch (error) {
      this.#fail(error);
    }
    this.#pump.now();
  }

  /** After a pause, what is held is compared with what the server says. */
  #fail(error: unknown): void {
    if (this.#pump.hasEnded) return;
    if (isGroupMissing(error)) {
      this.#options.lost();
      return;
    }
    this.#certainty = 'unsure';
    this.#pump.pause();
    this.#options.failed(asError(error));
  }
}

function totalSize(records: readonly Taken[]): number {
  return records.reduce((sum, record) => sum + sizeOf(record), 0);
}
