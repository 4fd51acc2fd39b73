import { TickBatch } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { knownKeys } from '../scripts/known-keys.js';
import type { Division } from './division.js';
import { partitionOf } from './partition-of.js';

/** How many keys one call asks for. */
const limits = { count: 500, bytes: 250_000 };

interface Question {
  key: string;
  resolve(isKnown: boolean): void;
  reject(error: unknown): void;
}

/** A key of which messages are sent to a former place now. */
interface Detour {
  place: number;
  /** How many of them are on their way to Redis. */
  sending: number;
}

/** Where messages with this text are among the lists of a queue with so many partitions: 0 is the list of the queue's name. */
export function placeIn(partitions: number, together: string): number {
  return partitions === 0 ? 0 : 1 + partitionOf(together, partitions);
}

/**
 * Where messages of a key go after the number of partitions has changed. While others of the key wait where it was before, they go there,
 * too, and consumers send them on in their order; so no message overtakes another one of its key.
 *
 * What is asked for one message may be true no longer when it is sent, as another one of its key may have gone to the former place since.
 * So while any does, those behind it follow.
 */
export class FormerPlaces {
  readonly #lists: () => readonly QueueContext[];
  readonly #asking = new Map<number, TickBatch<Question>>();
  readonly #asked = new Map<string, number>();
  readonly #detours = new Map<string, Detour>();

  /** @param lists all that the queue has, by their numbers. */
  constructor(lists: () => readonly QueueContext[]) {
    this.#lists = lists;
  }

  /** Asks where it may go. Each answer is to be followed by `begin()`. */
  async ask(together: string, { count, before = count }: Division): Promise<number> {
    const now = placeIn(count, together);
    const former = placeIn(before, together);
    this.#asked.set(together, (this.#asked.get(together) ?? 0) + 1);
    try {
      return former !== now && (await this.#isKnown(former, together)) ? former : now;
    } catch (error) {
      this.#wasAsked(together);
      throw error;
    }
  }

  /**
   * It is sent now. Returns where to.
   *
   * @param place where it was to go, by what was asked or what was known.
   * @param now where it goes when nothing of its key waits elsewhere.
   */
  begin(together: string, place: number, now: number, wasAsked: boolean): number {
    const detour = this.#detours.get(together);
    if (detour) detour.sending += 1;
    else if (place !== now) this.#detours.set(together, { place, sending: 1 });
    if (wasAsked) this.#wasAsked(together);
    return detour?.place ?? place;
  }

  /** What `begin` has sent to a former place is there, or is not. */
  settled(together: string): void {
    const detour = this.#detours.get(together);
    if (!detour) return;
    detour.sending -= 1;
    this.#endDetour(together);
  }

  #wasAsked(together: string): void {
    const left = (this.#asked.get(together) ?? 1) - 1;
    if (left > 0) this.#asked.set(together, left);
    else this.#asked.delete(together);
    this.#endDetour(together);
  }

  /** Answers that are older than the last message do not know of it. */
  #endDetour(together: string): void {
    const detour = this.#detours.get(together);
    if (detour && detour.sending <= 0 && !this.#asked.has(together)) {
      this.#detours.delete(together);
    }
  }

  #isKnown(at: number, key: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#batchOf(at).add({ key, resolve, reject }, key.length);
    });
  }

  #batchOf(at: number): TickBatch<Question> {
    const known = this.#asking.get(at);
    if (known) return known;
    const batch = new TickBatch<Question>(limits, (questions) => void this.#askAll(at, questions));
    this.#asking.set(at, batch);
    return batch;
  }

  async #askAll(at: number, questions: Question[]): Promise<void> {
    const { connection, keys } = this.#lists()[at] as QueueContext;
    const lists = this.#lists().map((list) => list.keys.list);
    try {
      const moved = questions.map(({ key }) => key);
      // Behind the messages that this producer has sent there.
      const line = keys.list;
      const known = await connection.run(knownKeys, { keys, lists, moved }, { line });
      for (const [n, { resolve }] of questions.entries()) resolve(known[n] === true);
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }
}
