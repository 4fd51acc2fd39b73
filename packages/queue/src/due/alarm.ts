import { clearTimeout, setTimeout } from '@redpost/core/consuming';

/** How often to look without a signal, in ms, because a signal may be lost. */
const pollMs = 5000;

/**
 * Sleeps until something is due: it looks, is told in how many ms the next thing is due, and looks again then. It is
 * woken when something is due earlier.
 */
export class Alarm {
  readonly #look: () => Promise<number | undefined>;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #checkAgain = false;
  #stopped = false;

  /** @param look does what is due, and resolves to the ms until the next thing is due, if there is one. Never rejects. */
  constructor(look: () => Promise<number | undefined>) {
    this.#look = look;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Looks now, and from then on whenever something is due. */
  async check(): Promise<void> {
    if (this.#stopped) return;
    if (this.#isChecking) {
      this.#checkAgain = true;
      return;
    }
    this.#isChecking = true;
    clearTimeout(this.#timer);
    const nextInMs = await this.#look();
    this.#isChecking = false;
    if (this.#stopped) return;
    const waitMs = this.#checkAgain ? 0 : Math.min(nextInMs ?? pollMs, pollMs);
    this.#checkAgain = false;
    this.#timer = setTimeout(() => void this.check(), waitMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
