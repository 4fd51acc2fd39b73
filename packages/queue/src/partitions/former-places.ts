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

/** A former place in which messages of a key were left. Each time is an object of its own. */
interface Left {
  readonly place: number;
}

/** Where messages with this text are among the lists of a queue with so many partitions: 0 is the list of the queue's name. */
export function placeIn(partitions: number, together: string): number {
  return partitions === 0 ? 0 : 1 + partitionOf(together, partitions);
}

/**
 * Where messages of a key go after the number of partitions has changed. While others of the key wait where it was before, they go there,
 * too, and consumers send them on in their order; so no message overtakes another one of its key.
 *
 * What is asked for one message may be true no longer when it is sent: the key may have moved on meanwhile, and the former places may even
 * be forgotten by all. So for each key it is remembered what this producer has sent to a former place. The states of a key:
 *
 * - Not remembered: whether anything of it waits in a former place is asked while there are any. Entered when the answer is no.
 * - On a detour: messages of it are on their way to a former place, or were asked for before the last of them arrived. Those behind them
 *   follow, whatever the answer for them was. Entered by the first message that is sent there.
 * - Left: all of these have arrived, and may wait there still. The next message asks there, also when there are no former places any
 *   more. Entered from a detour; left for another one, or when nothing of the key waits there.
 */
export class FormerPlaces {
  readonly #lists: () => readonly QueueContext[];
  readonly #asking = new Map<number, TickBatch<Question>>();
  readonly #asked = new Map<string, number>();
  readonly #detours = new Map<string, Detour>();
  readonly #left = new Map<string, Left>();

  /** @param lists all that the queue has, by their numbers. */
  constructor(lists: () => readonly QueueContext[]) {
    this.#lists = lists;
  }

  /** True when messages of the key that this producer has sent may wait in a former place. */
  has(together: string): boolean {
    return this.#detours.has(together) || this.#left.has(together);
  }

  /** Asks where it may go. Each answer is to be followed by `begin()`. */
  async ask(together: string, { count, before = count }: Division): Promise<number> {
    const now = placeIn(count, together);
    const former = placeIn(before, together);
    this.#asked.set(together, (this.#asked.get(together) ?? 0) + 1);
    try {
      const left = await this.#stillLeft(together, now);
      if (left !== undefined) return left;
      // One after the other: what was sent on from the older place is known in the other one.
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

  /**
   * Asks for all keys that were left, in the background, so that those of which nothing waits any more are not remembered for ever.
   *
   * @param count how many partitions there are now.
   */
  review(count: number): void {
    for (const key of this.#left.keys()) {
      // One that cannot be asked for now stays.
      void this.#stillLeft(key, placeIn(count, key)).catch(() => {});
    }
  }

  /** The queue was destroyed. */
  clear(): void {
    for (const map of [this.#asking, this.#asked, this.#detours, this.#left]) map.clear();
  }

  #wasAsked(together: string): void {
    const others = (this.#asked.get(together) ?? 1) - 1;
    if (others > 0) this.#asked.set(together, others);
    else this.#asked.delete(together);
    this.#endDetour(together);
  }

  /** Answers that are older than the last message do not know of it. */
  #endDetour(together: string): void {
    const detour = this.#detours.get(together);
    if (detour && detour.sending <= 0 && !this.#asked.has(together)) {
      this.#detours.delete(together);
      this.#left.set(together, { place: detour.place });
    }
  }

  /** The former place in which messages of this key were left, if any wait there still. It is none where the key belongs by now. */
  async #stillLeft(together: string, now: number): Promise<number | undefined> {
    const left = this.#left.get(together);
    if (!left) return undefined;
    if (left.place !== now && (await this.#isKnown(left.place, together))) return left.place;
    // Others may have been left since.
    if (this.#left.get(together) === left) this.#left.delete(together);
    return undefined;
  }

  #isKnown(at: number, key: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#batchOf(at).add({ key, resolve, reject }, key.length);
    });
  }

  #batchOf(at: number): TickBatch<Question> {
    const known = this.#asking.get(at);
    if (known) return known;
    const list = this.#lists()[at] as QueueContext;
    const batch = new TickBatch<Question>(
      limits,
      (questions) => void this.#askAll(list, questions),
    );
    this.#asking.set(at, batch);
    return batch;
  }

  async #askAll({ connection, keys }: QueueContext, questions: Question[]): Promise<void> {
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
