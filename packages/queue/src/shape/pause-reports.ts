import { isDeepStrictEqual } from 'node:util';
import type { Paused } from './shape.js';

/** Reports each pause of a queue once, and its end, however often other things in the shape of the queue change. */
export class PauseReports {
  readonly #paused: (paused: Paused) => void;
  readonly #resumed: () => void;
  #reported: Paused | undefined;

  constructor(paused: (paused: Paused) => void, resumed: () => void) {
    this.#paused = paused;
    this.#resumed = resumed;
  }

  /** @param paused of the shape that is in force now. */
  inForce(paused: Paused | undefined): void {
    const before = this.#reported;
    this.#reported = paused;
    if (paused && !isDeepStrictEqual(paused, before)) this.#paused(paused);
    if (!paused && before) this.#resumed();
  }
}
