import { clearTimeout, nextTick, setTimeout } from '../runtime/timers.js';

const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * Decides when a consumer sends what it has to send: once per tick however often it is asked, and
 * not while it pauses after a failure. Each pause in a row is twice as long, up to 2 s.
 *
 * States: new -> running <-> pausing -> ended.
 */
export class Pump {
  readonly #send: () => void;
  #state: 'new' | 'running' | 'pausing' | 'ended' = 'new';
  #isScheduled = false;
  #pauseMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param send sends whatever there is to send now. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** True once `end()` was called. */
  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Lets it send, and sends now. */
  start(): void {
    if (this.#state === 'new') this.#state = 'running';
    this.now();
  }

  /** Sends now, if it is running. */
  readonly now = (): void => {
    this.#isScheduled = false;
    if (this.#state === 'running') this.#send();
  };

  /** Sends when the code that runs now is through: what it settles travels together. */
  soon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTick(this.now);
  }

  /** A call has failed: sends nothing for a while. */
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

  /** A call has worked: the next pause is a short one again. */
  worked(): void {
    this.#pauseMs = 0;
  }

  /** Sends nothing any more. */
  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
  }
}
