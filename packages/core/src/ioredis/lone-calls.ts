import type { RedpostError } from '../errors.js';
import type { Reply } from '../replies.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import { timerMs } from './timer-ms.js';

/** A call that has to wait until it may be sent. */
export interface LoneCall {
  /** Whether no other call may be unanswered while it is. */
  isAlone: boolean;
  /** When to give up waiting, by `performance.now()`. */
  deadline: number;
  send(): Promise<Reply>;
  /** The error to reject with when its time is over. */
  expired(): RedpostError;
}

/**
 * Lets calls leave in the order in which they were made, and some of them alone: these wait until all earlier
 * ones are answered, and later ones wait for them. When the server refuses such a call and closes the socket,
 * no other call is affected.
 */
export class LoneCalls {
  readonly #waiting: (LoneCall & { start(): void })[] = [];
  #out = 0;
  #isOccupied = false;

  /** Whether an ordinary call may leave at once. */
  get isOpen(): boolean {
    return !this.#isOccupied && this.#waiting.length === 0;
  }

  /** A call is being sent. */
  sent(): void {
    this.#out += 1;
  }

  /** A call was answered, or is no longer waited for. */
  ended(): void {
    this.#out -= 1;
    if (this.#out > 0) return;
    this.#isOccupied = false;
    if (this.#waiting.length > 0) this.#goOn();
  }

  /** Sends a call when its turn has come: between the two, `send` calls {@link sent} and {@link ended}. */
  add(call: LoneCall): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const place = {
        start() {
          clearTimeout(timer);
          resolve(call.send());
        },
        ...call,
      };
      const expire = () => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        reject(call.expired());
        this.#goOn();
      };
      const timer = setTimeout(expire, timerMs(call.deadline));
      this.#waiting.push(place);
      this.#goOn();
    });
  }

  #goOn(): void {
    while (!this.#isOccupied) {
      const [next] = this.#waiting;
      if (!next || (next.isAlone && this.#out > 0)) return;
      this.#waiting.shift();
      this.#isOccupied = next.isAlone;
      next.start();
    }
  }
}
