import {
  type Complete,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';

/** How many dead letters a queue keeps, and for how long. */
export interface DeadLetterBounds {
  /** How many dead letters are kept, at least 1, or `Infinity`: the oldest ones are deleted. Default 10 000. */
  maxLength?: number | undefined;
  /** How long a dead letter is kept, in ms, from 1 to 100 years, or `Infinity`. Default 90 days. */
  maxAgeMs?: number | undefined;
}

const optionNames: NamesOf<DeadLetterBounds> = { maxLength: true, maxAgeMs: true };

// As many and as long as asynq keeps its archived tasks.
const defaults = { maxLength: 10_000, maxAgeMs: 90 * 86_400_000 };
/** A hundred years, so that sums of times stay exact. */
const longestMs = 100 * 365 * 86_400_000;

/** The fields of the hash that have the bounds. A field that is missing is no bound. */
export const boundsFields = ['dead_max_length', 'dead_max_age_ms'] as const;

/**
 * Bounds with their defaults, and `Infinity` for no bound.
 *
 * @throws InvalidArgumentError for bounds that cannot work.
 */
export function checkedBounds(bounds: DeadLetterBounds | 'unbounded'): Complete<DeadLetterBounds> {
  if (bounds === 'unbounded') return boundsOf();
  if (typeof bounds !== 'object' || bounds === null) {
    throw new InvalidArgumentError(
      `deadLetters must be { maxLength, maxAgeMs } or "unbounded", got ${shown(bounds)}`,
    );
  }
  refuseUnknownOptions('deadLetters', bounds, optionNames);
  const { maxLength = defaults.maxLength, maxAgeMs = defaults.maxAgeMs } = bounds;
  if (maxLength !== Infinity) wholeNumber('deadLetters.maxLength', maxLength, { min: 1 });
  if (maxAgeMs !== Infinity) {
    wholeNumber('deadLetters.maxAgeMs', maxAgeMs, { min: 1, max: longestMs });
  }
  return { maxLength, maxAgeMs };
}

/** What these fields of the hash say. */
export function boundsOf(maxLength?: string, maxAgeMs?: string): Complete<DeadLetterBounds> {
  return {
    maxLength: maxLength === undefined ? Infinity : Number(maxLength),
    maxAgeMs: maxAgeMs === undefined ? Infinity : Number(maxAgeMs),
  };
}

/** True unless any number of dead letters is kept for ever. */
export function isBounded({ maxLength, maxAgeMs }: Complete<DeadLetterBounds>): boolean {
  return maxLength !== Infinity || maxAgeMs !== Infinity;
}
