import {
  type Complete,
  type Connection,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  wholeNumber,
} from '@redpost/core';
import { checkName } from '../keys.js';

/** What a {@link RateLimiter} is made of. */
export interface RateLimiterOptions {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** How many may start in any window of `perMs`: 1 to 1 000 000. */
  max: number;
  /** The length of a window, in ms: 1 to 2 147 483 647, which is 24.8 days. */
  perMs: number;
  /**
   * How many more may start in a window, after a time in which fewer did: 0 to 1 000 000. Default 0, which
   * spaces starts evenly.
   */
  burst?: number | undefined;
}

/** How many may start in a time. */
export interface RateLimit {
  /** How many may start in any window of `perMs`: 1 to 1 000 000. */
  max: number;
  /** The length of a window, in ms: 1 to 2 147 483 647, which is 24.8 days. */
  perMs: number;
  /** How many more may start together after a time in which fewer did: 0 to 1 000 000. Default 0. */
  burst?: number | undefined;
}

/** A rate limit, as the script `limit` takes it. */
export interface Limit {
  max: number;
  burst: number;
  perUs: number;
}

const most = 1_000_000;

const rateNames: NamesOf<RateLimit> = { max: true, perMs: true, burst: true };
const optionNames: NamesOf<RateLimiterOptions> = {
  connection: true,
  max: true,
  perMs: true,
  burst: true,
};

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedLimit(options: RateLimiterOptions): Limit {
  refuseUnknownOptions('A rate limiter', options, optionNames);
  const { max, perMs, burst } = checkedNumbers('', options);
  return { max, burst, perUs: 1000 * perMs };
}

/** @param name of the option that it is. @throws InvalidArgumentError for what cannot work. */
export function checkedRate(name: string, rate: RateLimit): Complete<RateLimit> {
  refuseUnknownOptions(name, rate, rateNames);
  return checkedNumbers(`${name}.`, rate);
}

function checkedNumbers(prefix: string, limit: RateLimit): Complete<RateLimit> {
  const max = wholeNumber(`${prefix}max`, limit.max, { min: 1, max: most });
  const perMs = wholeNumber(`${prefix}perMs`, limit.perMs, { min: 1, max: longestTimerMs });
  const burst = wholeNumber(`${prefix}burst`, limit.burst ?? 0, { min: 0, max: most });
  return { max, perMs, burst };
}

/** @throws InvalidArgumentError for a number that could never be granted. */
export function checkedCount(count: number, { max, burst }: Limit): number {
  wholeNumber('count', count, { min: 1 });
  if (count <= max + burst) return count;
  throw new InvalidArgumentError(
    `count is at most max + burst, which is ${max + burst}, got ${count}: so many could never start in one window`,
  );
}

/**
 * The key of a rate limiter.
 *
 * @throws InvalidArgumentError for a name that cannot be one.
 */
export function limiterKey(name: string): string {
  checkName('The name of a rate limiter', name);
  return `{${name}}:limiter`;
}
