import type { WriteStream } from 'node:tty';

/** Colours a text, or leaves it as it is. */
export type Paint = Record<
  'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'inverse',
  (text: string) => string
>;

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  inverse: [7, 27],
} as const;

/** Colours for a terminal that has them, unless NO_COLOR is set. */
export function paintFor(stream: Partial<WriteStream>): Paint {
  const hasColours =
    !process.env.NO_COLOR && stream.isTTY === true && stream.hasColors?.() === true;
  const entries = Object.entries(codes).map(([name, [on, off]]) => [
    name,
    hasColours ? (text: string) => `\x1b[${on}m${text}\x1b[${off}m` : (text: string) => text,
  ]);
  return Object.fromEntries(entries) as Paint;
}
