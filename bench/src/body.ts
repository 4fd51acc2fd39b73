import type { Body } from './subject.js';

/** The first number: all have seven digits, so that all bodies are equally long. */
export const firstNumber = 1_000_000;

export const smallBytes = 99;
export const largeBytes = 10 * 1024;

/** Makes bodies whose JSON has this many bytes. */
export function bodiesOf(bytes: number): (n: number, at?: number) => Body {
  const empty = JSON.stringify(body(firstNumber, 0, ''));
  const text = 'redpost '.repeat(bytes / 8 + 1).slice(0, bytes - empty.length);
  return (n, at = 0) => body(n, at, text);
}

function body(n: number, at: number, text: string): Body {
  return { n, at, to: 'reader@example.com', text };
}
