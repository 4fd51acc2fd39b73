/**
 * The receipt of a message that a blocking move has brought. The message is handled at once, but the server learns its
 * receipt with the next call, and until then no other call can settle the message.
 *
 * States: none -> brought -> underway -> none; back to brought when the call fails.
 */
export class Adoption {
  #brought: number | undefined;
  #underway: number | undefined;
  readonly #untilSent: (() => void)[] = [];
  readonly #untilKnown: (() => void)[] = [];

  /** The receipt that the next call has to tell the server; undefined for none. */
  get brought(): number | undefined {
    return this.#brought;
  }

  /** True while a call that tells the server is pending. */
  get isUnderway(): boolean {
    return this.#underway !== undefined;
  }

  /** Resolves when the server knows this receipt; undefined when it knows the receipt already. */
  of(receipt: number): Promise<void> | undefined {
    if (receipt !== this.#brought && receipt !== this.#underway) return undefined;
    return new Promise((resolve) => this.#untilKnown.push(resolve));
  }

  /** Resolves when the call that tells the server was sent; undefined when it was sent already. */
  callOf(receipt: number): Promise<void> | undefined {
    if (receipt !== this.#brought) return undefined;
    return new Promise((resolve) => this.#untilSent.push(resolve));
  }

  bring(receipt: number): void {
    this.#brought = receipt;
  }

  /** The call that tells the server was sent. */
  begin(): void {
    this.#underway = this.#brought;
    this.#brought = undefined;
    resolveAll(this.#untilSent);
  }

  /** This call has failed, and has to be repeated. */
  failed(): void {
    this.#brought ??= this.#underway;
    this.#underway = undefined;
  }

  /** The server knows the receipt, or the session is over and it no longer matters. */
  end(): void {
    this.#brought = undefined;
    this.#underway = undefined;
    resolveAll(this.#untilSent);
    resolveAll(this.#untilKnown);
  }
}

function resolveAll(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve();
}
