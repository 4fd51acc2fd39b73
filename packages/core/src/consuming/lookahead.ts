/** As many messages are leased ahead as the handlers will start within this time, in ms, if Redis is near. */
const horizonMs = 4;
/** A round trip that takes no longer than this, in ms, is part of that time. */
const nearMs = 1;
/** The longest round trip that messages are leased ahead for, in ms. */
const farMs = 250;
const mostBytes = 1024 * 1024;
/** The weight of one measurement in the moving mean. */
const weight = 0.05;

/**
 * How many messages to lease ahead, beyond those that are being handled (prefetch). Fast handlers need some, because they
 * would wait for round trips otherwise. Slow handlers need none, and would keep messages from idle consumers. So it is as
 * many as the handlers, at their recent speed, start within 4 ms, but at most `most`, and at most a mebibyte. If Redis is far
 * away, it is as many as they start within a round trip more.
 */
export class Lookahead {
  /** How many messages may be leased ahead at most for now. */
  bound = Number.POSITIVE_INFINITY;
  readonly #concurrency: number;
  readonly #most: number;
  #horizonMs = horizonMs;
  #meanMs = Number.POSITIVE_INFINITY;
  #meanBytes = 0;
  #count = 0;

  /** @param most how many at most, however fast the handlers are. */
  constructor(concurrency: number, most: number) {
    this.#concurrency = concurrency;
    this.#most = most;
  }

  /** How many messages to lease ahead now. */
  get count(): number {
    return Math.min(this.#count, this.bound);
  }

  /** Leases none ahead until a handler has finished, because the handlers have become slower. */
  stall(): void {
    this.#count = 0;
  }

  /** A round trip to Redis takes so long, in ms. */
  set roundTripMs(ms: number) {
    this.#horizonMs = horizonMs + Math.max(0, Math.min(ms, farMs) - nearMs);
  }

  /** Notes how long a handler took, in ms, and how large its message was, in bytes. */
  add(handledMs: number, bytes: number): void {
    const mean = this.#meanMs;
    this.#meanMs = mean === Infinity ? handledMs : mean + weight * (handledMs - mean);
    this.#meanBytes += weight * (bytes - this.#meanBytes);
    const ahead = (this.#concurrency * this.#horizonMs) / Math.max(this.#meanMs, 0.001);
    this.#count = Math.floor(Math.min(this.#most, ahead, mostBytes / this.#meanBytes));
  }
}
