/** Messages are leased ahead as far as handlers will start them within this time, in ms. */
const horizonMs = 2;
const mostBytes = 1024 * 1024;
/** How much one measurement moves the mean. */
const weight = 0.05;

/**
 * How many messages to lease ahead of those being handled. Fast handlers need some, or they wait
 * for round trips; slow ones need none, and would keep messages from consumers that are idle. So
 * the rule: as many as the handlers, at their recent speed, start within 2 ms, at most so many as is said, and
 * at most a megabyte.
 */
export class Lookahead {
  /** Whether any may be leased ahead at all. */
  mayLease = true;
  readonly #concurrency: number;
  readonly #most: number;
  #meanMs = Number.POSITIVE_INFINITY;
  #meanBytes = 0;
  #count = 0;

  /** @param most however fast the handlers are. */
  constructor(concurrency: number, most: number) {
    this.#concurrency = concurrency;
    this.#most = most;
  }

  /** How many to lease ahead now. */
  get count(): number {
    return this.mayLease ? this.#count : 0;
  }

  /** None, until a handler has finished: they are slower than they were. */
  stall(): void {
    this.#count = 0;
  }

  /** Takes note of how long a handler took, in ms, and how large its message was. */
  add(handledMs: number, bytes: number): void {
    const mean = this.#meanMs;
    this.#meanMs = mean === Infinity ? handledMs : mean + weight * (handledMs - mean);
    this.#meanBytes += weight * (bytes - this.#meanBytes);
    const ahead = (this.#concurrency * horizonMs) / Math.max(this.#meanMs, 0.001);
    this.#count = Math.floor(Math.min(this.#most, ahead, mostBytes / this.#meanBytes));
  }
}
