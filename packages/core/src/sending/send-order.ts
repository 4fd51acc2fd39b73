/** Keeps the order of sends when some of them have to wait, e.g. for a slow schema. */
export class SendOrder {
  /** By line: settled when the last send that waits may be overtaken. */
  readonly #last = new Map<string, Promise<void>>();

  /** Whether no send waits in this line, so that a send that is ready may leave at once. */
  isFree(line: string): boolean {
    return this.#last.size === 0 || !this.#last.has(line);
  }

  /**
   * Sends when `ready` has resolved, and after all earlier sends of this line. Does not send if `ready`
   * rejects.
   */
  async wait<Ready, Result>(
    line: string,
    ready: Ready,
    send: (ready: Awaited<Ready>) => Promise<Result>,
  ): Promise<Result> {
    // Without a value, or it would keep the values of all turns before it.
    const turn = Promise.allSettled([ready, this.#last.get(line)]).then(() => {});
    this.#last.set(line, turn);
    try {
      await turn;
      return send(await ready);
    } finally {
      // Only after it was sent: until then, others have to wait behind it.
      if (this.#last.get(line) === turn) this.#last.delete(line);
    }
  }
}
