import { InvalidArgumentError } from '../errors.js';
import { shown } from './check.js';

/** Half a character of UTF-16. UTF-8 has no form for it: all of them would be the same in Redis. */
const loneSurrogate = /\p{Surrogate}/u;

/** True for a text that comes back from Redis as it was. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text);
}

/**
 * Returns `name` when it can be a name of anything in Redis.
 *
 * @param what for the message, e.g. `'A channel'`.
 * @throws InvalidArgumentError
 */
export function checkedName(what: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidArgumentError(`${what} must be a non-empty string, got ${shown(name)}`);
  }
  if (isWellFormed(name)) return name;
  throw new InvalidArgumentError(`${what} must be well-formed Unicode, got ${shown(name)}`);
}

/**
 * Returns `name` when keys `name` and `{name}:…` can be made of it that no other name has. With braces, a
 * name could be a key of another one, or be in another Cluster slot than its keys.
 *
 * @throws InvalidArgumentError
 */
export function checkedKeyName(what: string, name: unknown, maxBytes: number): string {
  const text = checkedName(what, name);
  if (/[{}]/.test(text)) {
    throw new InvalidArgumentError(`${what} must have no braces, got ${shown(text)}`);
  }
  if (Buffer.byteLength(text) <= maxBytes) return text;
  throw new InvalidArgumentError(`${what} must have at most ${maxBytes} bytes`);
}

/** The prefixes of other systems' keys. */
const foreign: readonly [prefix: string, system: string][] = [
  ['bull:', 'BullMQ'],
  ['bq:', 'Bee-Queue'],
  ['rq:', 'RQ'],
  ['_kombu.', 'Celery'],
  ['resque:', 'Resque'],
];

/** True for a name that is a key of another system. */
export function isForeignName(name: string): boolean {
  return foreign.some(([prefix]) => name.startsWith(prefix));
}

/**
 * Refuses a name that is the key of another system: its workers would read our messages.
 *
 * @throws InvalidArgumentError
 */
export function refuseForeignName(what: string, name: string): void {
  const [prefix, system] = foreign.find(([start]) => name.startsWith(start)) ?? [];
  if (prefix === undefined) return;
  throw new InvalidArgumentError(
    `${what} must not begin with ${prefix}, got ${shown(name)}: these are the keys of ${system}, whose ` +
      'programs cannot read what would be written there. Choose a name of its own',
  );
}
