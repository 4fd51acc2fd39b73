/** A larger answer does not stay in the caches of the processors on both sides, and holds up other answers. */
const mostBytes = 256 * 1024;
/** Messages of this size make their answers so long that other answers on the socket have to wait. */
const largeBytes = 1024 * 1024;

/** How many messages to ask for in one call: as many as fit into an answer, if they are as large as the last ones. */
export class CallSize {
  readonly #most: number;
  #count: number;
  #areLarge = false;

  /** @param most how many at most, however small the messages are. */
  constructor(most: number) {
    this.#most = most;
    this.#count = most;
  }

  /** How many messages to ask for now. */
  get count(): number {
    return this.#count;
  }

  /** How many calls may be pending at a time: one while messages are large, else `most`. */
  callsOf(most: number): number {
    return this.#areLarge ? 1 : most;
  }

  /** Notes how large the messages of an answer were together. */
  note(messages: number, bytes: number): void {
    const fitting = Math.floor((mostBytes * messages) / Math.max(bytes, 1));
    this.#count = Math.max(1, Math.min(this.#most, fitting));
    this.#areLarge = bytes >= largeBytes * messages;
  }
}
