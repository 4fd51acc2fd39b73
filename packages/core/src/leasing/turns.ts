import { nextTick } from '../runtime/timers.js';

/** A feed, which sends when it is its turn. */
export interface TurnTaker {
  /** Sends everything that can be sent now. */
  pump(): void;
}

/**
 * The feeds of one consumer, which share its handlers. When a handler may have become free, all feeds may ask
 * for records, and not only the feed whose record was handled, because another feed may have records that wait. The feed
 * that asked last comes last, so that the backlog of one partition does not hold up the others.
 */
export class Turns {
  readonly #takers = new Set<TurnTaker>();
  readonly #prepare: (() => void) | undefined;
  #areSoon = false;

  /** @param prepare called before all of them send. */
  constructor(prepare?: () => void) {
    this.#prepare = prepare;
  }

  /** This feed takes part, and comes last from now on. */
  putLast(taker: TurnTaker): void {
    this.#takers.delete(taker);
    this.#takers.add(taker);
  }

  /** This feed no longer takes part. */
  remove(taker: TurnTaker): void {
    this.#takers.delete(taker);
  }

  /** Lets all feeds send now. */
  readonly now = (): void => {
    this.#areSoon = false;
    this.#prepare?.();
    for (const taker of [...this.#takers]) taker.pump();
  };

  /** Lets all feeds send after the code that runs now has finished, so that its acknowledgements travel together. */
  soon(): void {
    if (this.#areSoon) return;
    this.#areSoon = true;
    nextTick(this.now);
  }
}
