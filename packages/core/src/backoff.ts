import { InvalidArgumentError } from './errors.js';
import { shown, wholeNumber } from './options/check.js';
import { type NamesOf, refuseUnknownOptions } from './options/options.js';

/**
 * How long to wait before the next attempt, in ms.
 *
 * @param attempt the attempt that has just failed, from 1.
 */
export type Backoff = (attempt: number) => number;

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** Wait after the first failure, in ms. At least 0, default 1000. */
  initialMs?: number | undefined;
  /** The factor between one wait and the next. At least 1, default 2. */
  factor?: number | undefined;
  /** The longest wait, in ms. At least 0, default 60 000. */
  maxMs?: number | undefined;
  /**
   * The random share of each wait, from 0 to 1, so that messages that failed together are not retried
   * together. Default 0.5: a wait of 1000 ms becomes 500 to 1000.
   */
  jitter?: number | undefined;
}

const optionNames: NamesOf<ExponentialOptions> = {
  initialMs: true,
  factor: true,
  maxMs: true,
  jitter: true,
};

/**
 * Waits that grow by a factor, up to a limit, with jitter.
 *
 * @throws InvalidArgumentError for an option that cannot work.
 *
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  refuseUnknownOptions('exponential()', options, optionNames);
  const { initialMs = 1000, factor = 2, maxMs = 60_000, jitter = 0.5 } = options;
  wholeNumber('initialMs', initialMs, { min: 0 });
  wholeNumber('maxMs', maxMs, { min: 0 });
  within('factor', factor, 1, Number.MAX_VALUE);
  within('jitter', jitter, 0, 1);
  return (attempt) => {
    // Never Infinity, which a wait of 0 would turn into NaN.
    const growth = Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
    const wait = Math.min(maxMs, initialMs * growth);
    return Math.round(wait * (1 - jitter * Math.random()));
  };
}

/** The same wait every time, in ms. */
export function fixed(waitMs: number): Backoff {
  wholeNumber('waitMs', waitMs, { min: 0 });
  return () => waitMs;
}

function within(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new InvalidArgumentError(`${name} must be from ${min} to ${max}, got ${shown(value)}`);
}
