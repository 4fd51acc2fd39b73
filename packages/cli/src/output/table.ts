import { grouped } from './notices.js';
import { type Paint, paintFor } from './paint.js';

/**
 * The columns of a table: the title of each, its cell in the row of a record, and whether a number above 0 in it is
 * shown in red.
 */
export type Columns<Row> = [
  title: string,
  cell: (row: Row) => string | number,
  look?: 'alarm' | undefined,
][];

/** A table for reading: the first column is aligned to the left, the others to the right. */
export function table<Row>(
  columns: Columns<Row>,
  rows: readonly Row[],
  paint: Paint = paintFor(process.stdout),
): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const texts = cells.map((line) => line.map(textOf));
  const titles = columns.map(([title]) => title);
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...texts.map((line) => line[at]?.length ?? 0)),
  );
  const lines = texts.map((line, row) => {
    const alarmed = line.map((_, at) => columns[at]?.[2] === 'alarm' && isAbove0(cells[row]?.[at]));
    return aligned(line, widths, (text, at) => (alarmed[at] ? paint.red(text) : text));
  });
  return [paint.bold(aligned(titles, widths, (text) => text)), ...lines].join('\n');
}

function textOf(cell: string | number): string {
  return typeof cell === 'number' ? grouped(cell) : cell;
}

function isAbove0(cell: string | number | undefined): boolean {
  return typeof cell === 'number' && cell > 0;
}

function aligned(
  line: readonly string[],
  widths: readonly number[],
  paint: (text: string, at: number) => string,
): string {
  const last = line.length - 1;
  const cells = line.map((cell, at) => {
    const width = widths[at] ?? 0;
    const text = at === 0 ? (last > 0 ? cell.padEnd(width) : cell) : cell.padStart(width);
    return paint(text, at);
  });
  return cells.join('  ').trimEnd();
}

/** A time without its fraction of a second. */
export function shortTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
