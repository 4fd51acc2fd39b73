import {
  type Complete,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';

/** How many records of settled messages a queue keeps, and for how long. */
export interface HistoryOptions {
  /** How many records are kept, at least 1: the oldest are deleted, some hundreds at a time. Default 10 000. */
  maxLength?: number | undefined;
  /** How long a record is kept, in ms, from 1 to 100 years. Default 7 days. */
  maxAgeMs?: number | undefined;
  /** Whether records have the bodies of their messages. Default false. */
  bodies?: boolean | undefined;
}

const optionNames: NamesOf<HistoryOptions> = { maxLength: true, maxAgeMs: true, bodies: true };
const defaults = { maxLength: 10_000, maxAgeMs: 7 * 86_400_000, bodies: false };
/** A hundred years, so that sums of times stay exact. */
const longestMs = 100 * 365 * 86_400_000;

/** The fields of the shape that have these. Without the first one, there is no history. */
export const historyFields = [
  'history_max_length',
  'history_max_age_ms',
  'history_bodies',
] as const;

/**
 * The options with their defaults; undefined for 'off'.
 *
 * @throws InvalidArgumentError for options that cannot work.
 */
export function checkedHistory(
  options: HistoryOptions | 'off',
): Complete<HistoryOptions> | undefined {
  if (options === 'off') return undefined;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(
      `history must be { maxLength, maxAgeMs, bodies } or "off", got ${shown(options)}`,
    );
  }
  refuseUnknownOptions('history', options, optionNames);
  const checked = { ...defaults, ...defined(options) };
  wholeNumber('history.maxLength', checked.maxLength, { min: 1 });
  wholeNumber('history.maxAgeMs', checked.maxAgeMs, { min: 1, max: longestMs });
  if (typeof checked.bodies !== 'boolean') {
    throw new InvalidArgumentError(`history.bodies is true or false, got ${shown(checked.bodies)}`);
  }
  return checked;
}

/** What these fields of the shape say. */
export function historyOf(
  maxLength?: string,
  maxAgeMs?: string,
  bodies?: string,
): Complete<HistoryOptions> | undefined {
  if (maxLength === undefined) return undefined;
  const age = maxAgeMs === undefined ? defaults.maxAgeMs : Number(maxAgeMs);
  return { maxLength: Number(maxLength), maxAgeMs: age, bodies: bodies === '1' };
}

function defined(options: HistoryOptions): Partial<Complete<HistoryOptions>> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
