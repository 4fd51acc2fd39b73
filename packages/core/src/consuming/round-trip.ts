/** After so many calls, the ones before them are forgotten. */
const calls = 32;

/**
 * How long a round trip to Redis takes: the shortest of the last calls. Longer ones have also waited for the server or for this
 * process, and to lease more ahead for that reason would make it worse.
 */
export class RoundTrip {
  #count = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #shortestBefore = Number.POSITIVE_INFINITY;

  /** In ms; `Infinity` before the first call. */
  get ms(): number {
    return Math.min(this.#shortest, this.#shortestBefore);
  }

  /** A call was answered after so many ms. */
  note(tookMs: number): void {
    if (tookMs < this.#shortest) this.#shortest = tookMs;
    this.#count += 1;
    if (this.#count < calls) return;
    this.#count = 0;
    this.#shortestBefore = this.#shortest;
    this.#shortest = Number.POSITIVE_INFINITY;
  }
}
