import { outsideContext } from '../runtime/context.js';
import type { Unlisten } from '../runtime/emitter.js';
import { clearInterval, dateNow, performance, setInterval } from '../runtime/timers.js';

/** How often the clocks are looked at while nothing is sent, in ms. */
const everyMs = 1000;
/** How long it may be since the clocks were looked at, in ms: later than this, the process stood still. */
const longestMs = 5000;

/**
 * Tells when this process has stood still: a computer that slept, a function that was frozen between two
 * invocations, an event loop that was blocked. Meanwhile a router may have forgotten its connections, and a
 * server closed them, without a word that arrived.
 */
class Standstill {
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #lookedAtSteadily = 0;

  /** Calls `listener` whenever the process has stood still: before anything is sent, or soon after. */
  on(listener: () => void): Unlisten {
    this.#listeners.add(listener);
    if (!this.#timer) {
      this.#look();
      this.#timer = outsideContext(() => setInterval(() => this.#check(), everyMs).unref());
    }
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /**
   * For all that is about to send. What has woken the process, a request for instance, runs before its
   * timers do, and would send before the timer here has noticed anything.
   *
   * It is called with every command, so it reads one clock only: the one that goes on while a computer
   * sleeps.
   */
  notice(): void {
    if (dateNow() - this.#lookedAt > longestMs) this.#check();
  }

  #check(): void {
    const slept = dateNow() - this.#lookedAt;
    // The clock of the system may have been set back meanwhile.
    const stood = performance.now() - this.#lookedAtSteadily;
    this.#look();
    if (Math.max(slept, stood) <= longestMs) return;
    outsideContext(() => {
      for (const listener of [...this.#listeners]) listener();
    });
  }

  #look(): void {
    this.#lookedAt = dateNow();
    this.#lookedAtSteadily = performance.now();
  }
}

/** That of this thread. */
export const standstill = new Standstill();
