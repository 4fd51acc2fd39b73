import { setTimeout as pause } from 'node:timers/promises';
import { isRedpostError, TickBatch } from '@redpost/core';
import type { GroupContext } from './group-context.js';
import type { HeldRecord } from './group-delivery.js';
import { deadLetter } from './scripts/dead-letter.js';
import { release } from './scripts/release.js';
import { retry } from './scripts/retry.js';
import type { GroupKeys } from './topic-keys.js';

interface Waiting {
  held: HeldRecord;
  resolve(wasHeld: boolean): void;
  reject(error: unknown): void;
}

interface Retry extends Waiting {
  delayMs: number;
}

interface DeadLetter extends Waiting {
  reason: string;
  error: string;
}

const limits = { count: 1000, bytes: 1_000_000 };
const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * What can happen to a delivery besides being acknowledged. Settled in one tick, they leave in one
 * call. A call that fails because Redis is away is repeated until the consumer's lease is over:
 * what a handler has decided is not forgotten.
 */
export class GroupSettlements {
  readonly #context: GroupContext;
  readonly #consumer: { id: string; keys: GroupKeys; isOver: () => boolean };
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    context: GroupContext,
    consumer: { id: string; keys: GroupKeys; isOver: () => boolean },
  ) {
    this.#context = context;
    this.#consumer = consumer;
  }

  readonly #retries = new TickBatch<Retry>(limits, (items) => {
    const records = items.map(({ held, delayMs }) => ({ offset: held.offset, delayMs }));
    this.#settle(items, () =>
      this.#context.topic.connection.run(retry, { ...this.#names(), records }),
    );
  });

  readonly #deadLetters = new TickBatch<DeadLetter>(limits, (items) => {
    const records = items.map(({ held: { offset, attempt, fields }, reason, error }) => {
      return { offset, attempt, fields, reason, error };
    });
    this.#settle(items, () =>
      this.#context.topic.connection.run(deadLetter, { ...this.#names(), records }),
    );
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
      const size = held.fields.reduce((sum, { length }) => sum + length, error.length);
      this.#deadLetters.add({ held, reason, error, resolve, reject }, size);
    });
  }

  /** Gives back what was taken but not started, or all that is not named; uncounted. */
  async release(chosen: Parameters<typeof release.encode>[0]['chosen']): Promise<void> {
    await this.#repeat(() =>
      this.#context.topic.connection.run(release, { ...this.#names(), chosen }),
    );
  }

  /** Resolves when nothing is under way, or about to be. */
  async idle(): Promise<void> {
    this.#retries.flush();
    this.#deadLetters.flush();
    await Promise.all(this.#underWay);
  }

  #names() {
    const { group, signal } = this.#context;
    return { keys: this.#consumer.keys, consumer: this.#consumer.id, group, signal };
  }

  #settle(items: Waiting[], run: () => Promise<boolean[]>): void {
    const settled = this.#repeat(run).then(
      ({ result, mayBeDone }) => {
        items.forEach(({ resolve }, at) => {
          resolve(result[at] === true || mayBeDone);
        });
      },
      (error) => {
        for (const { reject } of items) reject(error);
      },
    );
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
  }

  async #repeat<Result>(
    run: () => Promise<Result>,
  ): Promise<{ result: Result; mayBeDone: boolean }> {
    // Once an answer got lost, "no longer held" may mean that the lost call did it.
    let mayBeDone = false;
    for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, longestPauseMs)) {
      try {
        return { result: await run(), mayBeDone };
      } catch (error) {
        if (this.#consumer.isOver() || !isRedpostError(error) || !error.retryable) throw error;
        mayBeDone ||= !('outcome' in error) || error.outcome === 'unknown';
        await pause(waitMs);
      }
    }
  }
}
