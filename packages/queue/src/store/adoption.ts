/**
 * The receipt of what a blocking move has brought. It is handled at once, but the server learns its
 * receipt only with the next call, and until then it cannot be settled otherwise.
 *
 * States: none -> brought -> underway -> none; back to brought when the call fails.
 */
export class Adoption {
  #brought: number | undefined;
  #underway: number | undefined;
  readonly #waiters: (() => void)[] = [];

  /** The receipt that the server is to be told; undefined for none. */
  get brought(): number | undefined {
    return this.#brought;
  }

  /** True while the server is being told. */
  get isUnderway(): boolean {
    return this.#underway !== undefined;
  }

  /** Resolves when the server knows this receipt; undefined when it does already. */
  of(receipt: number): Promise<void> | undefined {
    if (receipt !== this.#brought && receipt !== this.#underway) return undefined;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  bring(receipt: number): void {
    this.#brought = receipt;
  }

  /** The call that tells the server is sent. */
  begin(): void {
    this.#underway = this.#brought;
    this.#brought = undefined;
  }

  /** That call has failed: it is to be repeated. */
  failed(): void {
    this.#brought ??= this.#underway;
    this.#underway = undefined;
  }

  /** The server knows of everything, or it does not matter any more. */
  end(): void {
    this.#brought = undefined;
    this.#underway = undefined;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
