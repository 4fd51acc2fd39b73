import type { MeasureResult, Results } from '../results.js';
import { figure, times } from './figures.js';

/** What `--quick` measures if it is not told what: one line for each. */
export const quickMeasures = [
  'consume',
  'handlers-100',
  'latency-p50',
  'publish',
  'topic-consume',
] as const;

/** How many peers a line names. */
const mostPeers = 2;

/** The result of a quick run in five lines: redpost's figure, and how it compares. Short runs decide nothing, so there are no goals. */
export function quickSummary({ measures, failures }: Results): string {
  const rows = quickMeasures.flatMap((name) =>
    measures.filter((measure) => measure.name === name).map(row),
  );
  const widths = [0, 1].map((at) => Math.max(0, ...rows.map((cells) => cells[at]?.length ?? 0)));
  const lines = rows.map(([title = '', value = '', peers = '']) =>
    [title.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), peers].join('  ').trimEnd(),
  );
  return [...lines, ...failures.map((failure) => `Failed: ${failure}`)].join('\n');
}

function row({ title, unit, subjects }: MeasureResult): string[] {
  const [own, ...peers] = subjects;
  const compared = peers.flatMap(({ title: peer, redpostRatio }) =>
    redpostRatio === undefined ? [] : [`${times(redpostRatio)} ${peer}`],
  );
  return [
    title,
    own ? `${figure(own.median)} ${unit}` : '–',
    compared.slice(0, mostPeers).join(', '),
  ];
}
