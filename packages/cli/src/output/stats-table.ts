import type { Paused, QueueStats } from '@redpost/queue';

export type NamedStats = { queue: string } & QueueStats;

const columns: [title: string, value: (stats: NamedStats) => string | number][] = [
  ['QUEUE', ({ queue }) => queue],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active],
  ['DELAYED', ({ delayed }) => delayed],
  ['DEAD', ({ dead }) => dead],
  ['CONSUMERS', ({ consumers }) => consumers],
  ['PAUSED', ({ paused }) => (paused ? pauseText(paused) : '-')],
  ['ACKED', ({ total }) => total.acked],
  ['RETRIED', ({ total }) => total.retried],
  ['EXPIRED', ({ total }) => total.expired],
  ['RECOVERED', ({ total }) => total.recovered],
  ['DROPPED', ({ total }) => total.dropped],
  ['TRIMMED', ({ total }) => total.trimmed],
];

/**
 * A table for reading: a row per queue, numbers aligned to the right. The last six columns are totals since
 * the queue was created.
 */
export function statsTable(queues: readonly NamedStats[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...queues.map((stats) => columns.map(([, value]) => String(value(stats)))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => aligned(row, widths)).join('\n');
}

function pauseText({ until }: Paused): string {
  return until ? `until ${until.toISOString().slice(0, 19)}Z` : 'yes';
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, at) => {
    const width = widths[at] ?? 0;
    return at === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return cells.join('  ').trimEnd();
}
