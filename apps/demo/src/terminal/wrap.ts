import { stripVTControlCharacters } from 'node:util';

/** How much further in the second line of a wrapped text begins. */
const hanging = 2;

/** A text in lines of at most `width` columns, broken between words; so is each of its lines. Colours take no room. */
export function wrapped(given: string, width: number): string {
  return given
    .split('\n')
    .map((line) => wrappedLine(line, width))
    .join('\n');
}

function wrappedLine(given: string, width: number): string {
  const text = colouredBehindIndent(given);
  if (lengthOf(text) <= width) return text;
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trimStart().split(/ +/)) {
    const isFirst = line.trim() === '';
    if (!isFirst && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = `${indent}${' '.repeat(hanging)}${word}`;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/** The same text, where the colour of its first word begins behind the indent. */
function colouredBehindIndent(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a colour begins
  return text.replace(/^((?:\x1b\[[\d;]*m)+)( +)/, '$2$1');
}

/** The first `width` columns of a text without line breaks. Colours take no room, and end where they were to. */
export function cutTo(text: string, width: number): string {
  if (lengthOf(text) <= width) return text;
  let left = width;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a colour begins
  const pieces = text.split(/(\x1b\[[\d;]*m)/);
  return pieces
    .map((piece) => {
      if (piece.startsWith('\x1b')) return piece;
      const shown = piece.slice(0, left);
      left -= shown.length;
      return shown;
    })
    .join('');
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
