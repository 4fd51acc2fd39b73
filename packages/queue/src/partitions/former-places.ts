import { TickBatch } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { knownKeys } from '../scripts/known-keys.js';
import type { Division } from './division.js';
import { partitionOf } from './partition-of.js';

/** How many keys one call asks for. */
const limits = { count: 500, bytes: 250_000 };

interface Question {
  key: string;
  target: string;
  resolve(isKnown: boolean): void;
  reject(error: unknown): void;
}

/** Where messages with this text are among the lists of a queue with so many partitions: 0 is the list of the queue's name. */
export function placeIn(partitions: number, together: string): number {
  return partitions === 0 ? 0 : 1 + partitionOf(together, partitions);
}

/**
 * Where messages of a key go after the number of partitions has changed. While others of the key wait where it was before, they go there,
 * too, and consumers send them on in their order; so no message overtakes another one of its key.
 */
export class FormerPlaces {
  readonly #listAt: (at: number) => QueueContext;
  readonly #asking = new Map<number, TickBatch<Question>>();

  /** @param listAt the list with this number. */
  constructor(listAt: (at: number) => QueueContext) {
    this.#listAt = listAt;
  }

  async placeOf(together: string, { count, before }: Division): Promise<number> {
    const now = placeIn(count, together);
    // Those of the oldest number first: from there, messages are sent on to where they belong now.
    for (const former of new Set([...before].reverse().map((each) => placeIn(each, together)))) {
      if (former !== now && (await this.#isKnown(former, together, now))) return former;
    }
    return now;
  }

  #isKnown(at: number, key: string, now: number): Promise<boolean> {
    const { keys } = this.#listAt(now);
    return new Promise((resolve, reject) => {
      this.#batchOf(at).add({ key, target: keys.list, resolve, reject }, key.length);
    });
  }

  #batchOf(at: number): TickBatch<Question> {
    const known = this.#asking.get(at);
    if (known) return known;
    const batch = new TickBatch<Question>(limits, (moved) => void this.#ask(at, moved));
    this.#asking.set(at, batch);
    return batch;
  }

  async #ask(at: number, moved: Question[]): Promise<void> {
    const { connection, keys } = this.#listAt(at);
    try {
      const known = await connection.run(knownKeys, { keys, moved });
      for (const [n, { resolve }] of moved.entries()) resolve(known[n] === true);
    } catch (error) {
      for (const { reject } of moved) reject(error);
    }
  }
}
