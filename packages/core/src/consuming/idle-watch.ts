import { asError } from '../errors.js';
import { untilIdle } from './until-idle.js';

/** Tells a consumer when its queue or group has become idle, once each time. Looks only while somebody listens. */
export class IdleWatch {
  readonly #isIdle: () => Promise<boolean>;
  readonly #told: () => void;
  readonly #failed: (error: Error) => void;
  readonly #ending = new AbortController();
  /** What it is doing: nobody listens, or there is nothing to handle, or it looks. */
  #state: 'off' | 'idle' | 'looking' = 'off';

  constructor(isIdle: () => Promise<boolean>, told: () => void, failed: (error: Error) => void) {
    this.#isIdle = isIdle;
    this.#told = told;
    this.#failed = failed;
  }

  /** Somebody listens from now on. */
  start(): void {
    if (this.#state === 'off') void this.#look();
  }

  /** Messages have come. */
  accepted(): void {
    if (this.#state === 'idle') void this.#look();
  }

  /** Looks no more. */
  end(): void {
    this.#ending.abort();
  }

  async #look(): Promise<void> {
    this.#state = 'looking';
    const { signal } = this.#ending;
    try {
      await untilIdle(this.#isIdle, signal);
    } catch (error) {
      if (signal.aborted) return;
      // The next message lets it look again.
      this.#state = 'idle';
      this.#failed(asError(error));
      return;
    }
    this.#state = 'idle';
    this.#told();
  }
}
