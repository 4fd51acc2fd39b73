import { types } from 'node:util';
import { InvalidArgumentError, shown } from '@redpost/core';

/**
 * Where to begin:
 * - `'beginning'`: the oldest record;
 * - `'latest'`: records that are published from now on;
 * - an offset: the records after it;
 * - a `Date`: the records published then or later, by the server's clock.
 */
export type From = 'beginning' | 'latest' | string | Date;

/** An offset before all records. */
export const beforeAll = '0-0';

/** The last sequence number an offset can have. */
const last = '18446744073709551615';

/**
 * The offset after which to begin, or `$` for the last one.
 *
 * @throws InvalidArgumentError for an impossible place.
 */
export function startOf(from: From): string {
  if (from === 'beginning') return beforeAll;
  if (from === 'latest') return '$';
  if (typeof from === 'string' && /^\d{1,20}-\d{1,20}$/.test(from)) return from;
  if (types.isDate(from) && from.getTime() >= 0) {
    return from.getTime() === 0 ? beforeAll : `${from.getTime() - 1}-${last}`;
  }
  throw new InvalidArgumentError(
    `A place in a topic is 'beginning', 'latest', an offset like 1700000000000-0 or a Date, got ${shown(from)}`,
  );
}

/** When the record with this offset was published, by the server's clock. */
export function publishedAt(offset: string): Date {
  return new Date(Number(offset.slice(0, offset.indexOf('-'))));
}

/** Less than 0 when `a` comes before `b`. It uses BigInt, because the parts may be too large for a `number`. */
export function compareOffsets(a: string, b: string): number {
  const [a1 = '', a2 = ''] = a.split('-');
  const [b1 = '', b2 = ''] = b.split('-');
  return Number(BigInt(a1) - BigInt(b1)) || Number(BigInt(a2) - BigInt(b2));
}
