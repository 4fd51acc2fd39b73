import { inspect, types } from 'node:util';

/** Longer texts are cut, in characters: an error may quote a whole document. */
const longest = 4096;

/** True for an error of any realm: of Node itself under Jest, or of a `node:vm` context. */
export function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error;
}

/**
 * A text for any thrown value: the message of an error, or the value as text, at most about 4 KiB of it.
 * Never throws.
 */
export function messageOf(thrown: unknown): string {
  try {
    const text: unknown = isError(thrown) ? thrown.message : thrown;
    return shortened(typeof text === 'string' ? text : inspect(text, { depth: 0 }));
  } catch {
    return 'What was thrown has no text that can be read';
  }
}

/** The text, or its beginning and its length. A text that was cut is not cut again. */
export function shortened(text: string): string {
  if (text.length <= longest) return text;
  const note = `… (cut here: the text has ${text.length} characters)`;
  // Not half of a surrogate pair.
  const beginning = text.slice(0, longest - note.length).replace(/[\ud800-\udbff]$/, '');
  return beginning + note;
}
