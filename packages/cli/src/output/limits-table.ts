import type { QueueLimits } from '@redpost/queue';
import { durationText } from './duration-text.js';
import { type Columns, table } from './table.js';

interface NamedLimits {
  queue: string;
  limits: QueueLimits;
}

const columns: Columns<NamedLimits> = [
  ['QUEUE', ({ queue }) => queue],
  ['RATE', ({ limits: { rate } }) => rateText(rate)],
  ['BURST', ({ limits: { rate } }) => (rate ? (rate.burst ?? 0) : '-')],
  ['CONCURRENCY', ({ limits }) => limits.concurrency ?? '-'],
];

/** Shown where they are declared. */
const rarer: { [Name in keyof QueueLimits]: Columns<NamedLimits>[number] } = {
  keyConcurrency: ['KEY CONCURRENCY', ({ limits }) => limits.keyConcurrency ?? '-'],
  keyRate: ['KEY RATE', ({ limits }) => rateText(limits.keyRate)],
  keyMaxLength: ['KEY MAX LENGTH', ({ limits }) => limits.keyMaxLength ?? '-'],
  keyWeights: ['KEY WEIGHTS', ({ limits }) => weightsText(limits.keyWeights)],
  agingMs: ['AGING', ({ limits }) => (limits.agingMs ? durationText(limits.agingMs) : '-')],
};

/** What a queue has declared, in one row. */
export function limitsTable(queue: string, limits: QueueLimits): string {
  const declared = Object.entries(rarer).flatMap(([name, column]) =>
    limits[name as keyof QueueLimits] === undefined ? [] : [column],
  );
  return table([...columns, ...declared], [{ queue, limits }]);
}

function rateText(rate: QueueLimits['rate']): string {
  if (!rate) return '-';
  return `${rate.max}/${durationText(rate.perMs)}`;
}

function weightsText(weights: QueueLimits['keyWeights'] = {}): string {
  return Object.entries(weights)
    .map(([key, weight]) => `${key}=${weight}`)
    .join(',');
}
