export interface Tally {
  sent: number;
  consumed: number;
  lost: number;
  duplicated: number;
}

/** Keeps the ids of what was sent and of what was handled, and compares them. */
export class MessageLog {
  readonly #sent = new Set<string>();
  readonly #handled = new Set<string>();
  /** Sent, but not handled so far. */
  readonly #missing = new Set<string>();
  #duplicated = 0;

  /** Redis has confirmed the message, which may have been handled meanwhile. */
  sent(id: string): void {
    this.#sent.add(id);
    if (!this.#handled.has(id)) this.#missing.add(id);
  }

  handled(id: string): void {
    if (this.#handled.has(id)) this.#duplicated += 1;
    this.#handled.add(id);
    this.#missing.delete(id);
  }

  get tally(): Tally {
    return {
      sent: this.#sent.size,
      consumed: this.#handled.size,
      lost: this.#missing.size,
      duplicated: this.#duplicated,
    };
  }
}
