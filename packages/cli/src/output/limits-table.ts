import type { QueueLimits } from '@redpost/queue';
import { type Columns, table } from './table.js';

interface NamedLimits {
  queue: string;
  limits: QueueLimits;
}

const columns: Columns<NamedLimits> = [
  ['QUEUE', ({ queue }) => queue],
  ['RATE', ({ limits: { rate } }) => (rate ? `${rate.max}/${durationText(rate.perMs)}` : '-')],
  ['BURST', ({ limits: { rate } }) => (rate ? (rate.burst ?? 0) : '-')],
  ['CONCURRENCY', ({ limits }) => limits.concurrency ?? '-'],
];

const units: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** What a queue has declared, in one row. */
export function limitsTable(queue: string, limits: QueueLimits): string {
  return table(columns, [{ queue, limits }]);
}

/** In the largest unit of which it is a whole number. */
function durationText(ms: number): string {
  const [name, length] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / length}${name}`;
}
