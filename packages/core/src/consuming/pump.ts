import { clearTimeout, nextTick, setTimeout } from '../runtime/timers.js';

const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * Decides when a consumer sends its calls: at most once per tick when `soon()` asks for it, and not while it pauses after
 * a failure. Each pause in a row is twice as long as the one before, up to 2 s (exponential backoff).
 *
 * States: new -> running <-> pausing -> ended.
 */
export class Pump {
  readonly #send: () => void;
  #state: 'new' | 'running' | 'pausing' | 'ended' = 'new';
  #isScheduled = false;
  #pauseMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param send sends everything that can be sent now. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** True once `end()` was called. */
  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Allows sending, and sends now. */
  start(): void {
    if (this.#state === 'new') this.#state = 'running';
    this.now();
  }

  /** Sends now, if the state is running. */
  readonly now = (): void => {
    this.#isScheduled = false;
    if (this.#state === 'running') this.#send();
  };

  /** Sends after the code that runs now has finished, so that its acknowledgements travel together. */
  soon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTick(this.now);
  }

  /** Sends nothing for a while, after a call has failed. */
  pause(): void {
    if (this.#state === 'new' || this.#state === 'ended') return;
    this.#state = 'pausing';
    this.#pauseMs = Math.min(Math.max(firstPauseMs, this.#pauseMs * 2), longestPauseMs);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#state = 'running';
      this.now();
    }, this.#pauseMs);
  }

  /** A call has succeeded, so the next pause is a short one again. */
  worked(): void {
    this.#pauseMs = 0;
  }

  /** Stops sending for good. */
  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
  }
}
