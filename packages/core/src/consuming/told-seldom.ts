import { isRedpostError } from '../errors.js';
import { performance } from '../runtime/timers.js';

/** The shortest time between two reports of an error that only a person can fix, in ms. */
const everyMs = 5000;

/**
 * Decides which errors of a consumer are reported. A key of another type keeps its type until a person deletes it, a list
 * of another system stays one, and each call fails meanwhile. So such an error is reported at once, and then every few seconds.
 */
export class ToldSeldom {
  #toldAt: Map<string, number> | undefined;

  /** True when `error` should be reported now. */
  isDue(error: Error): boolean {
    if (!isRedpostError(error, 'WRONG_TYPE') && !isRedpostError(error, 'NAME_TAKEN')) return true;
    const now = performance.now();
    this.#toldAt ??= new Map();
    const toldAt = this.#toldAt.get(error.message);
    if (toldAt !== undefined && now - toldAt < everyMs) return false;
    this.#toldAt.set(error.message, now);
    return true;
  }
}
