import { clearTimeout, setTimeout } from '../runtime/timers.js';

/** How long a call waits at most, in ms. */
const longestMs = 2;

/**
 * Lets a call for which nobody waits be sent a moment later, so that it carries more: the server and this process spend most
 * of the time for a small call on waking up.
 *
 * States: off -> waiting (from the first question on) -> over (after 2 ms) -> off (when the call is sent).
 */
export class Linger {
  readonly #over: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param over called when the call has waited long enough. */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** Whether the call may wait, or wait on. */
  mayWait(): boolean {
    if (this.#isOver) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isOver = true;
      this.#over();
    }, longestMs);
    return true;
  }

  /** The call is sent, or none will be sent any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isOver = false;
  }
}
