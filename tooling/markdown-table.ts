export type Alignment = 'left' | 'right';

/** A table of Markdown, without an empty line around it. */
export function markdownTable(
  head: readonly string[],
  alignments: readonly Alignment[],
  rows: readonly (readonly string[])[],
): string {
  const rule = alignments.map((alignment) => (alignment === 'right' ? '---:' : '---'));
  return [head.map(escaped), rule, ...rows.map((row) => row.map(escaped))].map(line).join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Keeps a cell one cell: pipes would end it, and so would a line break. */
function escaped(cell: string): string {
  return cell
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ');
}
