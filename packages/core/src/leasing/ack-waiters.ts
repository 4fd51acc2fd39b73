/** Those who wait for an acknowledgement to be confirmed: few, for most are not waited for. */
export class AckWaiters<Held> {
  readonly #waiters = new Map<Held, { resolve(): void; reject(error: Error): void }>();

  /** Resolves when the acknowledgement is confirmed. */
  wait(held: Held): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.set(held, { resolve, reject }));
  }

  /** These acknowledgements are confirmed. */
  confirm(acked: readonly Held[]): void {
    if (this.#waiters.size === 0) return;
    for (const held of acked) {
      this.#waiters.get(held)?.resolve();
      this.#waiters.delete(held);
    }
  }

  /** Nobody waits for ever: these acknowledgements go on without those who wait. */
  reject(unconfirmed: readonly Held[], error: Error): void {
    for (const held of unconfirmed) {
      this.#waiters.get(held)?.reject(error);
      this.#waiters.delete(held);
    }
  }

  /** None of them will be confirmed any more. */
  rejectAll(reason: (held: Held) => Error): void {
    for (const [held, { reject }] of this.#waiters) reject(reason(held));
    this.#waiters.clear();
  }
}
