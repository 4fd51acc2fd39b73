/**
 * Work that is never done twice at the same time. If it is asked for while it is being done, it is done once more after
 * that, because the work under way may have read older data.
 */
export class Rerun {
  readonly #work: () => Promise<void>;
  #isWanted = false;
  #isRunning = false;

  /** @param work must not reject. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Does the work now, or once more when the work under way has ended. */
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
