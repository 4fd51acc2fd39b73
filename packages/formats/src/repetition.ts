import { clearTimeout, setTimeout, warn } from '@redpost/core/consuming';

/** Does something again and again, about every `everyMs`, until it is stopped. The first of several failures in a row is a process warning. */
export class Repetition {
  readonly #everyMs: number;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isFailing = false;

  constructor(everyMs: number, work: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#work = work;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** @param waitMs how long to wait for the first time. Default: not the same in all processes. */
  start(waitMs = this.#everyMs * (0.5 + Math.random())): void {
    this.#timer = setTimeout(() => void this.#run(), waitMs).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    try {
      await this.#work();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && !this.#isStopped) warn(error);
      this.#isFailing = true;
    }
    if (!this.#isStopped) this.start();
  }
}
