import { say } from './notices.js';

/** A job that takes longer than this is reported, as often as this, in ms. */
const everyMs = 1000;

/** Tells on stderr how far a job has come, once it has taken longer than a second. */
export class Progress {
  #toldAt = performance.now();

  /** The job has come so far. @param text what to say, if it is time to. */
  tell(text: () => string): void {
    const now = performance.now();
    if (now - this.#toldAt < everyMs) return;
    this.#toldAt = now;
    say(text());
  }
}

/** A whole number with its thousands separated: `318,600`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
