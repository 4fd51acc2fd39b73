import { isRedpostError } from '../errors.js';
import { performance } from '../runtime/timers.js';

/** How often an error that only a person can end is told, in ms. */
const everyMs = 5000;

/**
 * Tells which errors of a consumer to pass on. A key of another type stays one until somebody helps,
 * and fails each of the calls that go on being made: it is told at once, then every few seconds.
 */
export class ToldSeldom {
  readonly #toldAt = new Map<string, number>();

  /** True when `error` is to be told now. */
  isDue(error: Error): boolean {
    if (!isRedpostError(error, 'WRONG_TYPE')) return true;
    const now = performance.now();
    const toldAt = this.#toldAt.get(error.message);
    if (toldAt !== undefined && now - toldAt < everyMs) return false;
    this.#toldAt.set(error.message, now);
    return true;
  }
}
