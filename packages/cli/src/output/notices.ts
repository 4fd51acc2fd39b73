import { asError } from '@redpost/core/consuming';
import { explain } from '../program/exit-codes.js';

/** Hides the passwords of all URLs in a text. */
function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][a-z+.-]*:\/\/)\S*@/gi, '$1***@');
}

/** True while the last line of the terminal is to be replaced. */
let isForNow = false;

let diverted: ((text: string) => void) | undefined;

/** Has lines told to `listener` instead of stderr; returns what ends that. */
export function divertNotices(listener: (text: string) => void): () => void {
  diverted = listener;
  return () => {
    diverted = undefined;
  };
}

/** Prints one line on stderr. */
export function say(message: string): void {
  if (diverted) {
    diverted(withoutPasswords(message));
    return;
  }
  process.stderr.write(`${withdrawn()}redpost: ${withoutPasswords(message)}\n`);
}

/** Prints one line that the next one replaces, on a terminal. */
export function sayForNow(message: string): void {
  if (!process.stderr.isTTY) {
    say(message);
    return;
  }
  // A terminal that does not tell its width has 0.
  const columns = process.stderr.columns || 80;
  const line = `redpost: ${withoutPasswords(message)}`.slice(0, columns - 1);
  process.stderr.write(`${withdrawn()}${line}`);
  isForNow = true;
}

/** What takes the line of `sayForNow` back. */
export function withdrawn(): string {
  const text = isForNow ? '\r\x1b[K' : '';
  isForNow = false;
  return text;
}

/** Takes the line of `sayForNow` back. */
export function withdraw(): void {
  const text = withdrawn();
  if (text) process.stderr.write(text);
}

/** Prints an error, with the stack if it was requested. */
export function sayError(thrown: unknown, { verbose = false } = {}): void {
  say(explain(thrown));
  const { stack } = asError(thrown);
  if (verbose && stack) process.stderr.write(`${withoutPasswords(stack)}\n`);
}

/** `1 message`, `2 messages`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A whole number with its thousands separated: `318,600`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `80 ms`, `1.5 s`, `2 min`. */
export function spokenDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}
