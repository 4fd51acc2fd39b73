import { TickBatch } from '@redpost/core';
import { mayBeTooLarge, Settling, type SettlingWaiter, shortened } from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { clearSuspect } from '../scripts/clear-suspect.js';
import { type DeadLettered, deadLetter } from '../scripts/dead-letter.js';
import { release } from '../scripts/release.js';
import { retry } from '../scripts/retry.js';
import type { GroupKeys } from '../topic-keys.js';
import type { HeldRecord } from './group-delivery.js';

interface Waiting extends SettlingWaiter {
  held: HeldRecord;
}

interface Retry extends Waiting {
  delayMs: number;
}

interface DeadLetter extends Waiting {
  reason: string;
  error: string;
}

/** Some servers take no more than a million bytes at a time. */
const limits = { count: 1000, bytes: 750_000 };

/**
 * What can happen to a delivery besides being acknowledged. Settled in one tick, they leave in one
 * call. A call that fails because Redis is away is repeated until the consumer's lease is over:
 * what a handler has decided is not forgotten.
 */
export class GroupSettlements {
  readonly #context: GroupContext;
  readonly #consumer: { id: string; keys: GroupKeys; isOver: () => boolean };
  readonly #settling: Settling;

  constructor(
    context: GroupContext,
    consumer: { id: string; keys: GroupKeys; isOver: () => boolean },
  ) {
    this.#context = context;
    this.#consumer = consumer;
    this.#settling = new Settling(consumer.isOver);
  }

  readonly #retries = new TickBatch<Retry>(limits, (items) => {
    const records = items.map(({ held: { offset, attempt }, delayMs }) => {
      return { offset, attempt, delayMs };
    });
    this.#settling.settle(items, () =>
      this.#context.topic.connection.run(retry, { ...this.#names(), records }),
    );
  });

  readonly #deadLetters = new TickBatch<DeadLetter>(limits, (items) => {
    this.#settling.settle(items, () => this.#moveToDead(items));
  });

  /** Resolves to false when the record was no longer held. */
  retry(held: HeldRecord, delayMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#retries.add({ held, delayMs, resolve, reject }, 0);
    });
  }

  /** Resolves to false when the record was no longer held. */
  deadLetter(held: HeldRecord, reason: string, error: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const texts = { reason: shortened(reason), error: shortened(error) };
      const textSize = 3 * (texts.reason.length + texts.error.length);
      const size = held.fields.reduce((sum, { length }) => sum + length, textSize);
      this.#deadLetters.add({ held, ...texts, resolve, reject }, size);
    });
  }

  /**
   * A large record comes alone, and its fields are not sent as long as they are in the stream: the server may
   * not take them any more.
   */
  async #moveToDead(items: readonly DeadLetter[]): Promise<boolean[]> {
    const isLarge = items.some(({ held }) => mayBeTooLarge(held.fields));
    const outcomes = await this.#sendToDead(items, !isLarge);
    const isTrimmed = outcomes.includes('trimmed');
    const settled = isTrimmed ? await this.#sendToDead(items, true) : outcomes;
    return settled.map((outcome) => outcome === 'moved');
  }

  #sendToDead(items: readonly DeadLetter[], withFields: boolean): Promise<DeadLettered[]> {
    const records = items.map(({ held: { offset, attempt, fields }, reason, error }) => {
      return { offset, attempt, fields: withFields ? fields : [], reason, error };
    });
    return this.#context.topic.connection.run(deadLetter, { ...this.#names(), records });
  }

  /** Returns the named records, or all that are not named; it does not count as an attempt. */
  async returnUnfinished(chosen: Parameters<typeof release.encode>[0]['chosen']): Promise<void> {
    await this.#settling.repeat(() =>
      this.#context.topic.connection.run(release, { ...this.#names(), chosen }),
    );
  }

  /** A suspect is none any more, as long as this consumer lives. */
  async clearSuspect({ offset }: HeldRecord): Promise<void> {
    await this.#settling.repeat(() =>
      this.#context.topic.connection.run(clearSuspect, { ...this.#names(), offset }),
    );
  }

  /** Resolves when nothing is under way, or about to be. */
  async idle(): Promise<void> {
    this.#retries.flush();
    this.#deadLetters.flush();
    await this.#settling.idle();
  }

  #names() {
    const { group, signal } = this.#context;
    return { keys: this.#consumer.keys, consumer: this.#consumer.id, group, signal };
  }
}
