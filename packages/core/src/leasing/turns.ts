import { nextTick } from '../runtime/timers.js';

/** What sends when it is its turn. */
export interface TurnTaker {
  /** Sends whatever there is to send now. */
  pump(): void;
}

/**
 * The feeds of one member, which share its handlers. Whatever may leave a handler free lets all of
 * them ask for records, not only the one that it happened to: what one has no use for, another may
 * be waiting for. Who asked last comes last, or the backlog of one partition would keep the others
 * waiting.
 */
export class Turns {
  readonly #takers = new Set<TurnTaker>();
  #areSoon = false;

  /** This one takes part, and comes last from now on. */
  putLast(taker: TurnTaker): void {
    this.#takers.delete(taker);
    this.#takers.add(taker);
  }

  /** This one takes no part any more. */
  remove(taker: TurnTaker): void {
    this.#takers.delete(taker);
  }

  /** All send now. */
  readonly now = (): void => {
    this.#areSoon = false;
    for (const taker of [...this.#takers]) taker.pump();
  };

  /** All send when the code that runs now is through: what it settles travels together. */
  soon(): void {
    if (this.#areSoon) return;
    this.#areSoon = true;
    nextTick(this.now);
  }
}
