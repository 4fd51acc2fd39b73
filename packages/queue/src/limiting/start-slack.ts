/** The shortest time that a consumer promises, as a part of the window and in ms: see parts/rate.lua. */
const leastPart = 0.02;
const leastMs = 5;
const mostMs = 60_000;

/**
 * How soon a consumer of a rate-limited queue starts a message after it has sent the call that brings it: that is what
 * it promises to Redis, which allows for it. What comes later is returned, so a network that is slower than that needs a
 * longer time: twice as long after each answer that was late, and half as long again after one that was very early.
 */
export class StartSlack {
  readonly #least: number;
  #ms: number;

  /** @param perMs the window of the rate. */
  constructor(perMs: number) {
    this.#least = Math.max(leastMs, leastPart * perMs);
    this.#ms = this.#least;
  }

  /** What is promised now, in ms. */
  get ms(): number {
    return this.#ms;
  }

  /** An answer took so long. @param promised what was promised with the call. */
  answered(tookMs: number, promised: number): void {
    // Of several calls that were out together, one counts.
    if (promised !== this.#ms) return;
    if (tookMs > promised) this.#ms = Math.min(2 * promised, Math.max(mostMs, this.#least));
    else if (tookMs < promised / 4) this.#ms = Math.max(promised / 2, this.#least);
  }
}
