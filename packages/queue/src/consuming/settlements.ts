import { TickBatch } from '@redpost/core';
import { Settling, type SettlingWaiter, shortened } from '@redpost/core/consuming';
import type { ConsumedEnd, QueueContext } from '../context.js';
import { deadLetter } from '../scripts/dead-letter.js';
import { release } from '../scripts/release.js';
import { retry } from '../scripts/retry.js';

interface Retry extends SettlingWaiter {
  receipt: number;
  delayMs: number;
}

interface DeadLetter extends SettlingWaiter {
  receipt: number;
  reason: string;
  error: string;
}

/** Unpack in Lua takes some 8000 values: three per dead letter. Of bytes, some servers take no
 * more than a million at a time, and a character has up to three. */
const limits = { count: 1000, bytes: 250_000 };

/**
 * What can happen to a delivery besides being acknowledged. Settled in one tick, they leave in one
 * call. A call that fails because Redis is away is repeated until the consumer's lease is over:
 * what a handler has decided is not forgotten.
 */
export class Settlements {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #from: ConsumedEnd;
  readonly #settling: Settling;

  constructor(
    context: QueueContext,
    consumer: { id: string; from: ConsumedEnd; isOver: () => boolean },
  ) {
    this.#context = context;
    this.#consumer = consumer.id;
    this.#from = consumer.from;
    this.#settling = new Settling(consumer.isOver);
  }

  readonly #retries = new TickBatch<Retry>(limits, (deliveries) => {
    const { connection, keys } = this.#context;
    const input = { keys, consumer: this.#consumer, from: this.#from, deliveries };
    this.#settling.settle(deliveries, () => connection.run(retry, input));
  });

  readonly #deadLetters = new TickBatch<DeadLetter>(limits, (deliveries) => {
    const { connection, keys } = this.#context;
    const input = { keys, consumer: this.#consumer, deliveries };
    this.#settling.settle(deliveries, () => connection.run(deadLetter, input));
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
      const texts = { reason: shortened(reason), error: shortened(error) };
      const size = texts.reason.length + texts.error.length;
      this.#deadLetters.add({ receipt, ...texts, resolve, reject }, size);
    });
  }

  /** Returns leased messages to the queue; it does not count as an attempt. */
  async returnUnfinished(receipts: readonly number[], wereStarted: boolean): Promise<void> {
    const { connection, keys } = this.#context;
    const names = { keys, consumer: this.#consumer, from: this.#from };
    const input = { ...names, receipts, wereStarted };
    await this.#settling.repeat(() => connection.run(release, input));
  }

  /** Resolves when nothing is under way, or about to be. */
  async idle(): Promise<void> {
    this.#retries.flush();
    this.#deadLetters.flush();
    await this.#settling.idle();
  }
}
