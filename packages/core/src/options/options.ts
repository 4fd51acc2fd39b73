import { InvalidArgumentError } from '../errors.js';
import { shown } from './check.js';

/** The names in a type, e.g. of the options of a call. The compiler refuses a list that lacks one. */
export type NamesOf<Type> = { readonly [Name in keyof Type]-?: true };

/** Options with all defaults filled in. (`Required` leaves `undefined` in what may be given as such.) */
export type Complete<Options> = { [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

type Names = Readonly<Record<string, true>>;

/**
 * Refuses options that do not exist, because JavaScript would not report a wrong name. An option that is
 * `undefined` counts as not given.
 *
 * @param what whose options they are, e.g. `'send()'`.
 * @param advice a further sentence for when no option is similar.
 * @throws InvalidArgumentError that names the option, and the one that was meant.
 */
export function refuseUnknownOptions(
  what: string,
  options: object,
  names: Names,
  advice?: string,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(`The options of ${what} are an object, got ${shown(options)}`);
  }
  // Not Object.keys: this is called per message that is sent with options, and makes no array.
  for (const name in options) {
    if (names[name] === true || (options as Record<string, unknown>)[name] === undefined) continue;
    throw new InvalidArgumentError(
      `${what} has no option ${shown(name)}. ${meant(name, names, advice)}`,
    );
  }
}

/** @throws InvalidArgumentError for an event that is never emitted. */
export function refuseUnknownEvent(event: unknown, names: Names): void {
  if (typeof event === 'string' && names[event] === true) return;
  throw new InvalidArgumentError(`There is no event ${shown(event)}. ${meant(event, names)}`);
}

/** `defaults` with the given `options` in their places. An option that is `undefined` counts as not given. */
export function withDefaults<Options extends object>(defaults: Options, options: Options): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

function meant(name: unknown, names: Names, advice = ''): string {
  const all = Object.keys(names);
  const [closest] = typeof name === 'string' ? closestTo(name, all) : [];
  return closest === undefined
    ? `There are: ${all.join(', ')}${advice && `. ${advice}`}`
    : `Did you mean ${closest}?`;
}

/** The options that may have been meant: with another ending, as a part of the name, or with a typing error. */
function closestTo(name: string, all: readonly string[]): string[] {
  const plain = (text: string) => text.toLowerCase().replace(/(?:ms)?$/, '');
  const wrong = plain(name);
  const distanceTo = (other: string) => {
    const right = plain(other);
    const isPart = wrong.length > 2 && (right.includes(wrong) || wrong.includes(right));
    return isPart ? Math.min(1, distance(wrong, right)) : distance(wrong, right);
  };
  // Two letters in the wrong order are two changes.
  const limit = wrong.length < 4 ? 1 : Math.max(2, Math.floor(wrong.length / 3));
  return all
    .map((other) => ({ other, far: distanceTo(other) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .map(({ other }) => other);
}

/** How many letters have to be changed, added or left out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1));
    }
  }
  return row[b.length] as number;
}
