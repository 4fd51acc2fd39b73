import type { ConnectionThread, RepeatOptions, Repetition } from '@redpost/core';
import {
  type DeadLettering,
  type LeaseStore,
  mayBeTooLarge,
  performance,
  type Renewal,
  type Retry,
  withRunning,
} from '@redpost/core/consuming';
import type { HeldRecord } from '../consuming/group-delivery.js';
import type { GroupContext } from '../group/group-context.js';
import type { GroupPartition } from '../group/group-partitions.js';
import { clearSuspect } from '../scripts/clear-suspect.js';
import { type DeadLettered, deadLetter } from '../scripts/dead-letter.js';
import { type JoinResult, join } from '../scripts/join.js';
import { leave } from '../scripts/leave.js';
import { recover } from '../scripts/recover.js';
import { type ReleaseInput, release } from '../scripts/release.js';
import { type RenewInput, renew } from '../scripts/renew.js';
import { retry } from '../scripts/retry.js';
import type { GroupKeys } from '../topic-keys.js';

/** What was done with the records of a consumer that had died. */
export interface GroupRecovery {
  consumer: string;
  partition: number;
  /** Records that were returned to the group: they are delivered again. */
  returned: number;
  /** Records that became dead letters, because they had caused `maxAttempts` crashes. */
  deadLettered: number;
}

/** The partition of a consumer, its lease, and its limit of attempts. */
export interface StreamStoreOptions {
  place: GroupPartition;
  leaseMs: number;
  maxAttempts: number;
  /** What the consumer tells of itself, as JSON. */
  about: string;
}

/** The scripts of a group in one partition, as one consumer calls them. */
export class StreamStore implements LeaseStore<HeldRecord, GroupRecovery> {
  readonly consumer: string;
  /** What it holds, of which it tells since when. */
  held: Iterable<{ startedAt: number }> = [];
  readonly #context: GroupContext;
  readonly #options: StreamStoreOptions;
  readonly #keys: GroupKeys;
  readonly #isExclusive: boolean;

  constructor(context: GroupContext, consumer: string, options: StreamStoreOptions) {
    this.consumer = consumer;
    this.#context = context;
    this.#options = options;
    this.#keys = options.place.keys;
    this.#isExclusive = options.place.isOrdered;
  }

  /**
   * Tries to take the lease. In a topic with partitions, this succeeds only if no other consumer has one.
   *
   * @param start where the group begins when it does not exist yet.
   * @param memberSince when the member began, by `performance.now()`.
   */
  join({ start, memberSince }: { start: string; memberSince: number }): Promise<JoinResult> {
    return this.#context.topic.connection.run(join, {
      ...this.#names,
      leaseMs: this.#options.leaseMs,
      about: this.#options.about,
      from: start,
      isExclusive: this.#isExclusive,
      memberForMs: performance.now() - memberSince,
    });
  }

  async renew(): Promise<Renewal | undefined> {
    const result = await this.#context.topic.connection.run(renew, this.#renewInput);
    if (result.status === 'lost') return undefined;
    return { held: result.pending, overdue: result.overdue };
  }

  renewIn(thread: ConnectionThread, options: RepeatOptions): Promise<Repetition> {
    return thread.repeat(renew, this.#renewInput, options);
  }

  retry(retries: readonly Retry<HeldRecord>[]): Promise<boolean[]> {
    const records = retries.map(({ held: { offset, attempt }, delayMs }) => {
      return { offset, attempt, delayMs };
    });
    return this.#context.topic.connection.run(retry, { records, ...this.#names });
  }

  /**
   * A large record is in a call of its own. Its fields are sent only if the stream no longer has them, because the server
   * may not accept such a large call.
   */
  async deadLetter(letters: readonly DeadLettering<HeldRecord>[]): Promise<boolean[]> {
    const isLarge = letters.some(({ held }) => mayBeTooLarge(held.fields));
    const outcomes = await this.#moveToDead(letters, !isLarge);
    const isTrimmed = outcomes.includes('trimmed');
    const settled = isTrimmed ? await this.#moveToDead(letters, true) : outcomes;
    return settled.map((outcome) => outcome === 'moved');
  }

  deadLetterSize({ fields }: HeldRecord): number {
    return fields.reduce((sum, { length }) => sum + length, 0);
  }

  async returnUnfinished(records: readonly HeldRecord[]): Promise<void> {
    await this.#release({ only: records.map(({ offset }) => offset) });
  }

  /** Returns all records that this consumer holds except these offsets, without counting an attempt. */
  async returnUnknown(known: readonly string[]): Promise<void> {
    await this.#release({ allBut: known });
  }

  /** Removes the mark of a suspect. If this consumer dies, the record becomes a suspect again. */
  async clearSuspect({ offset }: HeldRecord): Promise<void> {
    await this.#context.topic.connection.run(clearSuspect, { offset, ...this.#names });
  }

  async recover(consumer: string): Promise<GroupRecovery | undefined> {
    const { place, leaseMs, maxAttempts } = this.#options;
    const input = { ...this.#names, consumer, maxAttempts, idleMs: leaseMs };
    const result = await this.#context.topic.connection.run(recover, input);
    if (!result || result.returned + result.deadLettered === 0) return undefined;
    return { consumer, partition: place.number, ...result };
  }

  /** Ends the lease, which returns what is still held. @param timeoutMs instead of the connection's. */
  async leave(timeoutMs?: number): Promise<void> {
    await this.#context.topic.connection.run(leave, this.#names, { timeoutMs });
  }

  async #release(chosen: ReleaseInput['chosen']): Promise<void> {
    await this.#context.topic.connection.run(release, { chosen, ...this.#names });
  }

  #moveToDead(
    letters: readonly DeadLettering<HeldRecord>[],
    withFields: boolean,
  ): Promise<DeadLettered[]> {
    const records = letters.map(({ held: { offset, attempt, fields }, reason, error }) => {
      return { offset, attempt, fields: withFields ? fields : [], reason, error };
    });
    return this.#context.topic.connection.run(deadLetter, { records, ...this.#names });
  }

  get #renewInput(): RenewInput {
    const { leaseMs, about } = this.#options;
    return { leaseMs, about: withRunning(about, this.held), ...this.#names };
  }

  get #names() {
    const { group, signal } = this.#context;
    return { keys: this.#keys, consumer: this.consumer, group, signal };
  }
}
