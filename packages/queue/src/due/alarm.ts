import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import { type BeatsThatLook, pollMs } from './poll-ms.js';

/**
 * Sleeps until something is due: it looks, is told in how many ms the next thing is due, and looks again then. It is
 * woken when something is due earlier. When nothing is, and beats look whether that has changed, it sleeps until then.
 */
export class Alarm {
  readonly #look: () => Promise<number>;
  readonly #host: BeatsThatLook;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #checkAgain = false;
  #stopped = false;

  /** @param look does what is due, and resolves to the ms until the next thing is due, or to `Infinity`. Never rejects. */
  constructor(look: () => Promise<number>, host: BeatsThatLook) {
    this.#look = look;
    this.#host = host;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** A beat has found that something may be due some time. */
  beat(): void {
    if (!this.#timer) void this.check();
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
    this.#timer = undefined;
    const nextInMs = await this.#look();
    this.#isChecking = false;
    if (this.#stopped) return;
    const sleepMs = this.#checkAgain ? 0 : this.#sleepMs(nextInMs);
    this.#checkAgain = false;
    if (sleepMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => void this.check(), sleepMs).unref();
  }

  #sleepMs(nextInMs: number): number {
    if (this.#host.looksWithBeats && nextInMs === Number.POSITIVE_INFINITY) return nextInMs;
    return Math.min(nextInMs, pollMs(this.#host));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
