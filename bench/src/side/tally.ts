import type { Delivered } from './tasks.js';

/** Notes which of the expected messages came, to the last one, and when. */
export class Tally {
  /** Resolves when all have come. */
  readonly complete: Promise<void>;
  readonly #first: number;
  readonly #seen: Uint8Array;
  #distinct = 0;
  #doubled = 0;
  #strange = 0;
  #firstAt = 0n;
  #lastAt = 0n;
  #completed = () => {};
  #markAt = 0;
  #markReached = () => {};

  /** Expects `count` messages, numbered from `first`; `enough` of them make it complete. */
  constructor(
    first: number,
    count: number,
    readonly enough = count,
  ) {
    this.#first = first;
    this.#seen = new Uint8Array(count);
    this.complete = new Promise((resolve) => {
      this.#completed = resolve;
    });
  }

  get distinct(): number {
    return this.#distinct;
  }

  /** Resolves when so many different ones have come. */
  reached(count: number): Promise<void> {
    if (this.#distinct >= count) return Promise.resolve();
    this.#markAt = count;
    return new Promise((resolve) => {
      this.#markReached = resolve;
    });
  }

  see(n: number): void {
    const at = n - this.#first;
    const before = this.#seen[at];
    if (before === 0) {
      this.#seen[at] = 1;
      this.#count();
    } else if (before === 1) this.#doubled += 1;
    else this.#strange += 1;
  }

  result(): Delivered {
    return {
      distinct: this.#distinct,
      doubled: this.#doubled,
      strange: this.#strange,
      firstAtNs: Number(this.#firstAt),
      lastAtNs: Number(this.#lastAt),
    };
  }

  #count(): void {
    if (this.#distinct === 0) this.#firstAt = process.hrtime.bigint();
    this.#distinct += 1;
    if (this.#distinct === this.#markAt) this.#markReached();
    if (this.#distinct !== this.enough) return;
    this.#lastAt = process.hrtime.bigint();
    this.#completed();
  }
}
