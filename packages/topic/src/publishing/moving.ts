import type { Generation } from '../partitions/generation.js';
import { moveOn } from '../partitions/move-on.js';
import type { TopicContext } from '../topic-context.js';

export interface MovingEvents<Item> {
  /** Sends what was collected for the former partitions. */
  flush(): void;
  /** The topic has these partitions now: publishes the items to them, in this order. */
  begin(generation: Generation, items: readonly Item[]): void;
  /** It is not known where to publish the item, so that it is not published. */
  failed(item: Item, error: unknown): void;
}

/** Why a partition has refused records: it gets no more, or Redis has lost it. */
export type Refusal = 'closed' | 'missing';

/**
 * Moves a publisher to the new partitions of a topic whose number has changed, so that its records keep their order: nothing is published to the
 * new partitions before all calls for the former ones are answered. What they have refused comes first, then what was published meanwhile.
 *
 * States: still -> under way (waits for the answers, then asks where to publish) -> still.
 */
export class Moving<Item> {
  readonly #context: TopicContext;
  readonly #events: MovingEvents<Item>;
  /** How many calls are not answered. */
  #calls = 0;
  #answered: (() => void) | undefined;
  #refused: Item[] = [];
  #waiting: Item[] = [];
  #refusal: Refusal | undefined;
  #isUnderWay = false;

  constructor(context: TopicContext, events: MovingEvents<Item>) {
    this.#context = context;
    this.#events = events;
  }

  /** True while nothing may be published: items wait instead. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** The item is published when the move is through. */
  wait(item: Item): void {
    this.#waiting.push(item);
  }

  /** A call is sent. */
  sends(): void {
    this.#calls += 1;
  }

  /** A call was answered, or was given up. */
  answered(): void {
    this.#calls -= 1;
    if (this.#calls === 0) this.#answered?.();
  }

  /** A partition has refused these items, which are published elsewhere. */
  refused(items: readonly Item[], refusal: Refusal): void {
    for (const item of items) this.#refused.push(item);
    this.#refusal = refusal;
  }

  /** Moves on from these partitions. Resolves when everything that has waited is on its way to others, or has failed. */
  async begin(from: Generation): Promise<void> {
    this.#isUnderWay = true;
    this.#events.flush();
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#answered = resolve;
      });
      this.#answered = undefined;
    }
    try {
      if (this.#refusal) await moveOn(this.#context, from, this.#refusal);
      const items = this.#end();
      this.#events.begin(this.#context.generations.current, items);
    } catch (error) {
      for (const item of this.#end()) this.#events.failed(item, error);
    }
  }

  #end(): Item[] {
    const items = [...this.#refused, ...this.#waiting];
    this.#refused = [];
    this.#waiting = [];
    this.#refusal = undefined;
    this.#isUnderWay = false;
    return items;
  }
}
