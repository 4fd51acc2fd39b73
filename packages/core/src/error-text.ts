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

/** Longer stacks are cut, in characters: a dead letter has to be small. */
const longestStack = 2000;

/**
 * The name of an error, and the lines of its stack that say where it was thrown, at most about 2 KB: without its message,
 * which may be long. Empty for what is no error, or has no such lines. Never throws.
 */
export function stackOf(thrown: unknown): string {
  try {
    if (!isError(thrown) || typeof thrown.stack !== 'string') return '';
    const frames = thrown.stack.split('\n').filter((line) => /^\s+at /.test(line));
    let text = shortened(String(thrown.name)).slice(0, 100);
    for (const frame of frames) {
      if (text.length + frame.length >= longestStack) break;
      text += `\n${frame}`;
    }
    return frames.length === 0 ? '' : text;
  } catch {
    return '';
  }
}
