import type { RedpostError } from '../errors.js';
import { onAbort } from '../runtime/on-abort.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import { timerMs } from './timer-ms.js';

/** How long a call waits at a gate. */
export interface GateWait {
  /** By `performance.now()`. */
  deadline: number;
  /** Returns the error of a call that is not let in before its deadline. */
  expired: () => RedpostError;
  /** Not aborted yet. */
  signal?: AbortSignal | undefined;
}

/** Where calls wait until the server answers. */
export class Gate {
  readonly #isUp: () => boolean;
  readonly #waiters = new Set<(error?: unknown) => void>();
  #isAdmitting = false;

  /** @param isUp whether the server answers. */
  constructor(isUp: () => boolean) {
    this.#isUp = isUp;
  }

  /** True while waiting calls are let in: new calls wait behind them. */
  get isAdmitting(): boolean {
    return this.#isAdmitting;
  }

  /**
   * Resolves when the call is let in.
   *
   * @throws what `expired` returns when the deadline passes first.
   * @throws the error that all waiting calls are refused with.
   * @throws the signal's reason when it is aborted.
   */
  wait({ deadline, expired, signal }: GateWait): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        clearTimeout(timer);
        forget();
        this.#waiters.delete(settle);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => settle(expired()), timerMs(deadline));
      const forget = onAbort(signal, () => settle(signal?.reason));
      this.#waiters.add(settle);
    });
  }

  /** Lets all calls in that wait, and those that join them meanwhile, as long as the server answers. */
  admit(): void {
    this.#isAdmitting = this.#isUp() && this.#waiters.size > 0;
    if (!this.#isAdmitting) return;
    for (const settle of [...this.#waiters]) settle();
    void Promise.resolve().then(() => this.admit());
  }

  /** Rejects all calls that wait. */
  refuse(error: RedpostError): void {
    for (const settle of [...this.#waiters]) settle(error);
  }
}
