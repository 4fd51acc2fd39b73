/** Keeps the order of sends of which some have to wait for something, such as a slow schema. */
export class SendOrder {
  /** By line: settled when the last one that waits may be overtaken. */
  readonly #last = new Map<string, Promise<void>>();

  /** Whether nothing waits in that line, so that what is ready can be sent at once. */
  isFree(line: string): boolean {
    return this.#last.size === 0 || !this.#last.has(line);
  }

  /** Sends when `ready` is settled, and after all that came before in that line; not if `ready` rejects. */
  async wait<Ready, Result>(
    line: string,
    ready: Ready,
    send: (ready: Awaited<Ready>) => Promise<Result>,
  ): Promise<Result> {
    // Without a value: it would keep those of all the turns before it.
    const turn = Promise.allSettled([ready, this.#last.get(line)]).then(() => {});
    this.#last.set(line, turn);
    try {
      await turn;
      return send(await ready);
    } finally {
      // Not before it was sent: until then, others have to come behind it.
      if (this.#last.get(line) === turn) this.#last.delete(line);
    }
  }
}
