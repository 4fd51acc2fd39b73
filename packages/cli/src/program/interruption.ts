import { onAbort as whenAborted } from '@redpost/core/consuming';
import { interruptedBy } from './exit-codes.js';

type Signal = keyof typeof interruptedBy;

/** A second signal within this time, in ms, is the same Ctrl-C, forwarded by npx or a shell. */
const sameKeystrokeMs = 250;

/**
 * SIGINT and SIGTERM: the first signal asks to stop, a later one to stop at once.
 *
 * States: running -> stopping -> forced.
 */
export class Interruption {
  readonly #stopping = new AbortController();
  readonly #forced = new AbortController();
  #signal: Signal | undefined;
  #stoppedAt = 0;

  /** Aborted by the first signal. */
  readonly stopping: AbortSignal = this.#stopping.signal;
  /** Aborted by the second one. */
  readonly forced: AbortSignal = this.#forced.signal;

  /** 128 and the number of the signal that came; undefined when none did. */
  get exitCode(): number | undefined {
    return this.#signal && interruptedBy[this.#signal];
  }

  listen(): void {
    for (const signal of Object.keys(interruptedBy) as Signal[]) {
      process.on(signal, () => this.#receive(signal));
    }
  }

  #receive(signal: Signal): void {
    if (!this.#signal) {
      this.#signal = signal;
      this.#stoppedAt = performance.now();
      this.#stopping.abort();
    } else if (performance.now() - this.#stoppedAt > sameKeystrokeMs) {
      this.#forced.abort();
    }
  }
}

/**
 * Calls `listener` when the signal is aborted, or now if it was aborted before; returns a function that
 * removes it.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener();
  return whenAborted(signal, listener);
}
