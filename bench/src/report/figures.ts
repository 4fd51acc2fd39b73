import type { GoalResult, MeasureResult } from '../results.js';

const threeDigits = new Intl.NumberFormat('en-US', {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

/** `128,000`, `9.12`, `0.0450`: three significant digits. `–` for what could not be measured. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value === 0 ? '0' : threeDigits.format(value);
}

/** `14.1 ×`. */
export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${figure(ratio)} ×` : '–';
}

/** `121,000–133,000`; one figure where both are the same when rounded. */
export function range(min: number, max: number): string {
  const [from, to] = [figure(min), figure(max)];
  return from === to ? from : `${from}–${to}`;
}

/**
 * What was found for a goal, as a ratio where the goal is one. Falling short is rounded away from
 * the goal: 9.996 is short of 10 and must not read `10.0`.
 */
export function foundFigure(goal: GoalResult, better: MeasureResult['better']): string {
  const found = goal.met ? goal.found : roundedAgainst(goal.found, better);
  return goal.title.includes('×') ? times(found) : figure(found);
}

function roundedAgainst(value: number, better: MeasureResult['better']): number {
  const rounded = Number(value.toPrecision(3));
  const isFlattering = better === 'higher' ? rounded > value : rounded < value;
  if (!isFlattering) return rounded;

  const lastDigit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return better === 'higher' ? rounded - lastDigit : rounded + lastDigit;
}

/** `23 GiB`. */
export function gibibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 30)} GiB`;
}

/** `48 s`, `24 min`. */
export function duration(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
