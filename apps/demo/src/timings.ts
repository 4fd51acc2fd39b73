/** Durations in ms, of which the usual and the worst one count. */
export class Timings {
  readonly #all: number[] = [];

  add(ms: number): void {
    this.#all.push(ms);
  }

  get count(): number {
    return this.#all.length;
  }

  /** NaN when there is none. */
  get median(): number {
    const sorted = [...this.#all].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  }

  get slowest(): number {
    return this.#all.reduce((slowest, ms) => Math.max(slowest, ms), 0);
  }
}
