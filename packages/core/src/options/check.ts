import { inspect } from 'node:util';
import { InvalidArgumentError } from '../errors.js';

/** The longest delay a Node timer can wait: 2^31 - 1 ms, 24.8 days. */
export const longestTimerMs = 2_147_483_647;

/** The range of a whole number, both ends included. */
export interface NumberRange {
  min: number;
  max?: number | undefined;
}

/**
 * Returns `value` when it is a whole number within the range.
 *
 * @throws InvalidArgumentError that names the option, the range and the given value.
 */
export function wholeNumber(name: string, value: unknown, range: NumberRange): number {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number;
  }
  const upTo = range.max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
  throw new InvalidArgumentError(`${name} must be a whole number ${upTo}, got ${shown(value)}`);
}

/**
 * Refuses a value that is not a time to wait, in ms: a number of at least 0, or `Infinity`. A deadline that
 * is not a number would never pass, or always have passed.
 *
 * @throws InvalidArgumentError that names the option and the given value.
 */
export function checkWait(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new InvalidArgumentError(`${name} must be a number of at least 0, got ${shown(value)}`);
}

/** `value` as an error message may show it: short, and on one line. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 0 }).replace(/\s*\n\s*/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
