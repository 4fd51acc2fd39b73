import { InvalidArgumentError } from '../errors.js';
import { shown } from './check.js';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration in a readable form: `'250ms'`, `'1.5s'`, `'5m'`, `'2h'`, `'1d'`. A bare number
 * is milliseconds.
 *
 * @throws InvalidArgumentError for anything else.
 */
export function parseDuration(text: string): number {
  const written = typeof text === 'string' ? text.trim() : '';
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(written) ?? [];
  const ms = Math.round(Number(amount) * (unitMs[unit] ?? Number.NaN));
  if (!Number.isSafeInteger(ms)) {
    throw new InvalidArgumentError(
      `${shown(text)} is not a duration: write 250ms, 1.5s, 5m, 2h or 1d`,
    );
  }
  return ms;
}
