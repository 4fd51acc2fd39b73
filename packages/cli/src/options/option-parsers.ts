import { longestTimerMs, parseDuration } from '@redpost/core/consuming';
import { InvalidArgumentError, Option } from 'commander';

/** For options that count something. */
export function positive(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Write a whole number of at least 1.');
}

/** For options such as `5,2,1`. */
export function positives(text: string): number[] {
  return text.split(',').map(positive);
}

/** For a priority. */
export function priority(text: string): number {
  if (/^[0-9]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 0 to 9.');
}

/** For options that count something, or nothing. */
export function whole(text: string): number {
  if (text === '0') return 0;
  return positive(text);
}

/** For options such as `50/1s`: so many in a time. Or `none`. */
export function rate(text: string): { max: number; perMs: number } | 'none' {
  if (text === 'none') return text;
  const [, max = '', time = ''] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  try {
    return { max: positive(max), perMs: timerDuration(1)(time) };
  } catch {
    throw new InvalidArgumentError('Write how many in which time, such as 50/1s, or none.');
  }
}

/** For options such as `anna=3,ben=0.5`: keys and their weights. Or `none`. */
export function weights(text: string): Record<string, number> | 'none' {
  if (text === 'none') return text;
  const entries = text.split(',').map((part) => {
    const [, key = '', weight = ''] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    if (key === '')
      throw new InvalidArgumentError('Write keys and weights, such as anna=3,ben=0.5.');
    return [key, Number(weight)];
  });
  return Object.fromEntries(entries);
}

/** For options such as `5m`, in ms. A number without a unit is refused, since it might mean seconds. */
export function duration(text: string): number {
  const bare = Number(text);
  if (bare > 0) throw new InvalidArgumentError(`Write a unit: ${bare}ms, ${bare}s or ${bare}m.`);
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Write a duration such as 250ms, 1.5s, 5m, 2h or 1d.');
  }
}

/** For options such as `KEY:5m`: a key, and what is behind the last colon. */
export function keyed<Value>(parse: (text: string) => Value, otherwise?: Value) {
  return (text: string): { key: string; value: Value } => {
    const [, key = '', rest] = /^(.*):([^:]*)$/s.exec(text) ?? [];
    if (rest !== undefined && key !== '') return { key, value: parse(rest) };
    if (otherwise !== undefined && rest === undefined && text !== '')
      return { key: text, value: otherwise };
    throw new InvalidArgumentError('Write a key, a colon and a duration, such as key:5m.');
  };
}

/** For how long a message counts that is sent once. */
export function until(text: string): 'taken' | 'done' | number {
  if (text === 'taken' || text === 'done') return text;
  try {
    return duration(text);
  } catch {
    throw new InvalidArgumentError("Write 'taken', 'done' or a duration behind the last colon.");
  }
}

/** The same, or `none` for `Infinity`. */
export function orNone(parse: (text: string) => number): (text: string) => number {
  return (text) => (text === 'none' ? Infinity : parse(text));
}

/** For options that are a point in time, in ms since 1970. */
export function moment(text: string): number {
  const ms = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('Write a time such as 2030-01-31T12:00:00Z.');
}

/** A duration of at least `min` that a timer can wait. */
export function timerDuration(min: number): (text: string) => number {
  return (text) => {
    const ms = duration(text);
    if (ms >= min && ms <= longestTimerMs) return ms;
    throw new InvalidArgumentError(`Write a duration from ${min}ms to 24d.`);
  };
}

/** For `--header k=v`, which may be repeated. */
export function header(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write a name and a value: name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** For options that may be repeated. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function codecOption(): Option {
  return new Option('--codec <name>', 'how bodies are read and printed')
    .choices(['json', 'text', 'base64'])
    .default('json');
}

export function yesOption(): Option {
  return new Option('-y, --yes', 'do not ask');
}

export function rateOption(): Option {
  return new Option('--rate <n>', 'how many per second at most, also as 50/1s').argParser(
    perSecond,
  );
}

/** For `50` or `50/1s`. */
function perSecond(text: string): number {
  const [, count = '', seconds] = /^(\d+)(\/1s|\/s)?$/.exec(text) ?? [];
  if (count === '' && seconds === undefined) {
    throw new InvalidArgumentError('Write how many per second, such as 50 or 50/1s.');
  }
  return positive(count);
}
