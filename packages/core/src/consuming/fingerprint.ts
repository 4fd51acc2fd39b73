import { createHash } from 'node:crypto';

/** Longer texts are cut: what differs later does not matter. */
const longest = 1000;

/** What differs from one error to the next, though the cause is the same. In this order. */
const changing: [pattern: RegExp, instead: string | ((found: string) => string)][] = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<id>'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '<address>'],
  // A time of day, which would be an address otherwise.
  [/\b\d\d?:\d\d:\d\d(?:[.,]\d+)?\b/g, '<n>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?::\d+)?(?![\w:])/gi, '<address>'],
  [/\b0x[0-9a-f]+\b/gi, '<address>'],
  // A long word with letters and digits.
  [/\w{8,}/g, (word) => (/\d/.test(word) && /[a-z]/i.test(word) ? '<id>' : word)],
  // A minus belongs to a number, and a dash between two things does not.
  [/(?:(?<![\w)\]>])-)?\d+(?:[.,:]\d+)*/g, '<n>'],
];

/**
 * The text of an error without what differs each time: numbers, ids and addresses are replaced, so that errors with the
 * same cause have the same text.
 */
export function normalised(error: string): string {
  const text = error.slice(0, longest).replace(/\s+/g, ' ').trim();
  return changing.reduce(
    (rest, [pattern, instead]) => rest.replace(pattern, instead as string),
    text,
  );
}

/** A short name for all errors with the same normalised text: 8 hexadecimal digits. */
export function fingerprint(error: string): string {
  return createHash('sha1').update(normalised(error)).digest('hex').slice(0, 8);
}
