import { outsideContext } from '../runtime/context.js';
import type { Unlisten } from '../runtime/emitter.js';
import { clearInterval, dateNow, performance, setInterval } from '../runtime/timers.js';

/** How often the clocks are checked while no command is sent, in ms. */
const everyMs = 1000;
/** When the clocks were not checked for longer than this, in ms, the process stood still. */
const longestMs = 5000;

/**
 * Tells when this process has stood still: a computer that slept, a function that was frozen between two
 * invocations, an event loop that was blocked. Meanwhile a router may have dropped its connections, and a
 * server closed them, without this process being told.
 */
class Standstill {
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #lookedAtSteadily = 0;

  /** Calls `listener` whenever the process has stood still: before the next command is sent, or soon after. */
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
   * Checks the clocks before a command is sent. The event that has woken the process, e.g. a request, is
   * handled before timers run, so its commands would be sent before the timer here has noticed the
   * standstill.
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

/** The one of this thread. */
export const standstill = new Standstill();
