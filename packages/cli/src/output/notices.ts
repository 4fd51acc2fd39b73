import { asError } from '@redpost/core';
import { explain } from '../program/exit-codes.js';

/** Hides the passwords of all URLs in a text. */
function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][a-z+.-]*:\/\/)\S*@/gi, '$1***@');
}

/** Prints one line on stderr. */
export function say(message: string): void {
  process.stderr.write(`redpost: ${withoutPasswords(message)}\n`);
}

/** Prints an error, with the stack if it was requested. */
export function sayError(thrown: unknown, { verbose = false } = {}): void {
  say(explain(thrown));
  const { stack } = asError(thrown);
  if (verbose && stack) process.stderr.write(`${withoutPasswords(stack)}\n`);
}

/** `1 message`, `2 messages`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `80 ms`, `1.5 s`, `2 min`. */
export function spokenDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}
