/**
 * Work that is not done twice at a time: asked for while it is being done, it is done once more after that, because
 * it may have seen what was there before.
 */
export class Rerun {
  readonly #work: () => Promise<void>;
  #isWanted = false;
  #isRunning = false;

  /** @param work must not reject. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Does the work, now or when it has come to its end. */
  ask(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#work();
    }
    this.#isRunning = false;
  }
}
