import { TickBatch } from '@redpost/core';
import { Settling, type SettlingWaiter } from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { passOn } from '../scripts/pass-on.js';

/** Lua can unpack about 8000 values. */
const limits = { count: 1000, bytes: Number.POSITIVE_INFINITY };

interface Passing extends SettlingWaiter {
  held: HeldDelivery;
  target: string;
}

/**
 * Messages whose keys belong to other partitions are sent on by the consumer that takes them: all of one tick in one call, which is
 * repeated until the lease of the consumer is over.
 */
export class PassedOn {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #settling: Settling;

  /** @param isOver true once the lease is over. */
  constructor(context: QueueContext, consumer: string, isOver: () => boolean) {
    this.#context = context;
    this.#consumer = consumer;
    this.#settling = new Settling(isOver);
  }

  readonly #batch = new TickBatch<Passing>(limits, (passing) => {
    const { connection, keys } = this.#context;
    // What was taken first goes first.
    const inOrder = [...passing].sort((a, b) => a.held.number - b.held.number);
    const messages = inOrder.map(({ held, target }) => ({ receipt: held.number, target }));
    const input = { keys, consumer: this.#consumer, messages };
    this.#settling.settle(inOrder, () => connection.run(passOn, input));
  });

  /** Resolves to false when the message was no longer held. @param target the list of the partition. */
  add(held: HeldDelivery, target: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#batch.add({ held, target, resolve, reject }, 0);
    });
  }

  /** Resolves when no call is pending, and none is about to be sent. */
  async idle(): Promise<void> {
    this.#batch.flush();
    await this.#settling.idle();
  }
}
