/** A larger answer falls out of the processor's caches on both sides, and keeps others waiting. */
const mostBytes = 256 * 1024;
/** With messages of this size, what is asked for after one of them waits behind it. */
const largeBytes = 1024 * 1024;

/** How many messages to ask for in one call: as many as fit, if the next ones are like the last. */
export class CallSize {
  readonly #most: number;
  #count: number;
  #areLarge = false;

  /** @param most however small they are. */
  constructor(most: number) {
    this.#most = most;
    this.#count = most;
  }

  /** How many to ask for now. */
  get count(): number {
    return this.#count;
  }

  /** How many calls may be out at a time: one while messages are large, else `most`. */
  callsOf(most: number): number {
    return this.#areLarge ? 1 : most;
  }

  /** Takes note of how large the messages of an answer were together. */
  note(messages: number, bytes: number): void {
    const fitting = Math.floor((mostBytes * messages) / Math.max(bytes, 1));
    this.#count = Math.max(1, Math.min(this.#most, fitting));
    this.#areLarge = bytes >= largeBytes * messages;
  }
}
