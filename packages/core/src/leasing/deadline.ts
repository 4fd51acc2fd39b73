import { clearTimeout, performance, setTimeout } from '../runtime/timers.js';
/** A point in time that can be moved to an earlier one while it is awaited. */
export class Deadline {
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #pass!: () => void;
  readonly #passed = new Promise<void>((resolve) => {
    this.#pass = resolve;
  });

  /** The deadline passes in `ms`, unless it passes sooner already. */
  bringForward(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, ms);
  }

  /** Stops the timer, when nothing waits for the deadline any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  /** Resolves to true when `promise` is fulfilled before the deadline and `graceMs` more, else to false. */
  async within(promise: Promise<unknown>, graceMs = 0): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      void this.#passed.then(() => {
        timer = setTimeout(resolve, graceMs, false);
      });
    });
    try {
      return await Promise.race([promise.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
