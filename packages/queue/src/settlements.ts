import { setTimeout as pause } from 'node:timers/promises';
import { isRedpostError, TickBatch } from '@redpost/core';
import type { ConsumedEnd, QueueContext } from './context.js';
import { deadLetter } from './scripts/dead-letter.js';
import { release } from './scripts/release.js';
import { retry } from './scripts/retry.js';

interface Waiting {
  resolve(held: boolean): void;
  reject(error: unknown): void;
}

interface Retry extends Waiting {
  receipt: number;
  delayMs: number;
}

interface DeadLetter extends Waiting {
  receipt: number;
  reason: string;
  error: string;
}

/** Unpack in Lua takes some 8000 values: three per dead letter. */
const limits = { count: 1000, bytes: 1_000_000 };
const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * What can happen to a delivery besides being acknowledged. Settled in one tick, they leave in one
 * call. A call that fails because Redis is away is repeated until the consumer's lease is over:
 * what a handler has decided is not forgotten.
 */
export class Settlements {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #from: ConsumedEnd;
  readonly #isOver: () => boolean;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    context: QueueContext,
    consumer: { id: string; from: ConsumedEnd; isOver: () => boolean },
  ) {
    this.#context = context;
    this.#consumer = consumer.id;
    this.#from = consumer.from;
    this.#isOver = consumer.isOver;
  }

  readonly #retries = new TickBatch<Retry>(limits, (deliveries) => {
    const { connection, keys } = this.#context;
    const input = { keys, consumer: this.#consumer, from: this.#from, deliveries };
    this.#settle(deliveries, () => connection.run(retry, input));
  });

  readonly #deadLetters = new TickBatch<DeadLetter>(limits, (deliveries) => {
    const { connection, keys } = this.#context;
    const input = { keys, consumer: this.#consumer, deliveries };
    this.#settle(deliveries, () => connection.run(deadLetter, input));
  });

  /** Resolves to false when the message was no longer held. */
  retry(receipt: number, delayMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#retries.add({ receipt, delayMs, resolve, reject }, 0);
    });
  }

  /** Resolves to false when the message was no longer held. */
  deadLetter(receipt: number, reason: string, error: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const item = { receipt, reason, error, resolve, reject };
      this.#deadLetters.add(item, reason.length + error.length);
    });
  }

  /** Gives back what was leased but not started; it does not count as an attempt. */
  async release(receipts: readonly number[]): Promise<void> {
    const { connection, keys } = this.#context;
    const input = { keys, consumer: this.#consumer, from: this.#from, receipts };
    await this.#repeat(() => connection.run(release, input));
  }

  /** Resolves when nothing is under way, or about to be. */
  async idle(): Promise<void> {
    this.#retries.flush();
    this.#deadLetters.flush();
    await Promise.all(this.#underWay);
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
        if (this.#isOver() || !isRedpostError(error) || !error.retryable) throw error;
        mayBeDone ||= !('outcome' in error) || error.outcome === 'unknown';
        await pause(waitMs);
      }
    }
  }
}
