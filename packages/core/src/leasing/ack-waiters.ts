/**
 * The callers that wait until Redis has confirmed an acknowledgement. They are few, because nobody waits for most
 * acknowledgements.
 */
export class AckWaiters<Held> {
  #waiters: Map<Held, { resolve(): void; reject(error: Error): void }> | undefined;

  /** How many callers wait. */
  get size(): number {
    return this.#waiters?.size ?? 0;
  }

  /** Resolves when Redis has confirmed the acknowledgement. */
  wait(held: Held): Promise<void> {
    this.#waiters ??= new Map();
    const waiters = this.#waiters;
    return new Promise((resolve, reject) => waiters.set(held, { resolve, reject }));
  }

  /** Redis has confirmed these acknowledgements. */
  confirm(acked: readonly Held[]): void {
    if (this.size === 0) return;
    for (const held of acked) {
      this.#waiters?.get(held)?.resolve();
      this.#waiters?.delete(held);
    }
  }

  /** Rejects the waits for these acknowledgements, so that no caller waits for ever. They are still sent again. */
  reject(unconfirmed: readonly Held[], error: Error): void {
    for (const held of unconfirmed) {
      this.#waiters?.get(held)?.reject(error);
      this.#waiters?.delete(held);
    }
  }

  /** Rejects all waits, because no acknowledgement will be confirmed any more. */
  rejectAll(reason: (held: Held) => Error): void {
    for (const [held, { reject }] of this.#waiters ?? []) reject(reason(held));
    this.#waiters = undefined;
  }
}
