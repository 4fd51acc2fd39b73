/** The columns of a table: the title of each, and its cell in the row of a record. */
export type Columns<Row> = [title: string, cell: (row: Row) => string | number][];

/** A table for reading: the first column is aligned to the left, the others to the right. */
export function table<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, cell]) => String(cell(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) => aligned(line, widths)).join('\n');
}

function aligned(line: readonly string[], widths: readonly number[]): string {
  const cells = line.map((cell, at) => {
    const width = widths[at] ?? 0;
    return at === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return cells.join('  ').trimEnd();
}

/** A time without its fraction of a second. */
export function shortTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
