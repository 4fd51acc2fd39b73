import { isDeepStrictEqual } from 'node:util';
import type { PauseInForce } from './shape.js';

/** Reports each pause of a queue or of one of its consumers once, and its end, however often other things in the shape of the queue change. */
export class PauseReports {
  readonly #paused: (paused: PauseInForce) => void;
  readonly #resumed: () => void;
  #reported: PauseInForce | undefined;

  constructor(paused: (paused: PauseInForce) => void, resumed: () => void) {
    this.#paused = paused;
    this.#resumed = resumed;
  }

  /** @param paused of the shape that is in force now. */
  inForce(paused: PauseInForce | undefined): void {
    const before = this.#reported;
    this.#reported = paused;
    if (paused && !isDeepStrictEqual(paused, before)) this.#paused(paused);
    if (!paused && before) this.#resumed();
  }
}
