import { say, sayForNow } from './notices.js';

/** What takes longer than this, in ms, is reported. */
const firstMs = 1000;
/** How often it is then reported on a terminal, and how seldom, at the end, in a log: each time after twice as long. */
const [terminalMs, longestMs] = [250, 60_000];

/** Tells on stderr how far a job has come, once it has taken longer than a second. */
export class Progress {
  readonly #startedAt = performance.now();
  #waitMs = firstMs;
  #nextAt = this.#startedAt + firstMs;

  /** The job has come so far. @param text what to say, if it is time to. */
  tell(text: () => string): void {
    const now = performance.now();
    if (now < this.#nextAt) return;
    this.#waitMs = process.stderr.isTTY ? terminalMs : Math.min(2 * this.#waitMs, longestMs);
    this.#nextAt = now + this.#waitMs;
    sayForNow(text());
  }

  /** The job has ended so. @param text what to say, if it took longer than a second. */
  end(text: () => string): void {
    const tookMs = performance.now() - this.#startedAt;
    if (tookMs >= firstMs) say(`${text()}, after ${(tookMs / 1000).toFixed(1)} s`);
  }
}
