import { TickBatch } from '@redpost/core';
import { Settling, type SettlingWaiter } from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { type FinishedHow, finish } from '../scripts/finish.js';

/** Lua can unpack about 8000 values, and some servers accept at most a million bytes in one call. */
const limits = { count: 1000, bytes: 750_000 };

interface Finish extends SettlingWaiter {
  held: HeldDelivery;
  how: FinishedHow;
  value: string | Buffer | undefined;
}

/**
 * Acknowledgements of messages whose results are kept, or that are followed by others, and of members of flows: they go by a script of their own, all of one tick in one call,
 * which is repeated until the lease of the consumer is over.
 */
export class Finishes {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #settling: Settling;

  /** @param isOver true once the lease is over. */
  constructor(context: QueueContext, consumer: string, isOver: () => boolean) {
    this.#context = context;
    this.#consumer = consumer;
    this.#settling = new Settling(isOver);
  }

  readonly #batch = new TickBatch<Finish>(limits, (finishes) => {
    const { connection, keys } = this.#context;
    const plain = finishes.filter(isPlain);
    const others = plain.length === finishes.length ? [] : finishes.filter((one) => !isPlain(one));
    const input = {
      keys,
      consumer: this.#consumer,
      plain: plain.map(({ held }) => ({ receipt: held.number, ranUs: held.ranUs })),
      others: others.map(({ held, how, value }) => {
        const { number, ranUs, followUps } = held;
        return { receipt: number, how, value, ranUs, followUps };
      }),
    };
    this.#settling.settle([...plain, ...others], () => connection.run(finish, input));
  });

  /** Resolves to false when the message was no longer held. */
  add(held: HeldDelivery, how: FinishedHow, value: string | Buffer | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const followUps = held.followUps ?? [];
      const bytes = followUps.reduce(
        (sum, { element }) => sum + element.length,
        value?.length ?? 0,
      );
      this.#batch.add({ held, how, value, resolve, reject }, bytes);
    });
  }

  /** Resolves when no call is pending, and none is about to be sent. */
  async idle(): Promise<void> {
    this.#batch.flush();
    await this.#settling.idle();
  }
}

function isPlain({ held, how, value }: Finish): boolean {
  return how === 'done' && value === undefined && !held.followUps?.length;
}
