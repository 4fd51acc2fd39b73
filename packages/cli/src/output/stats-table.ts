import type { Paused, QueueStats } from '@redpost/queue';
import { type Columns, shortTime, table } from './table.js';

export type NamedStats = { queue: string } & QueueStats;

const states: Columns<NamedStats> = [
  ['QUEUE', ({ queue }) => queue],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active],
  ['DELAYED', ({ delayed }) => delayed],
  ['DEAD', ({ dead }) => dead, 'alarm'],
  ['CONSUMERS', ({ consumers, pausedConsumers }) => consumersText(consumers, pausedConsumers)],
  ['PAUSED', ({ paused }) => (paused ? pauseText(paused) : '-')],
];

const priorities: Columns<NamedStats> = [
  ['BY PRIORITY', ({ byPriority }) => (byPriority && priorityText(byPriority)) || '-'],
];

const outboxes: Columns<NamedStats> = [
  ['OUTBOX', ({ outbox }) => outbox.pending],
  ['SINCE', ({ outbox: { waitsSince } }) => (waitsSince ? shortTime(waitsSince) : '-')],
];

const schedules: Columns<NamedStats> = [['SCHEDULES', ({ schedules }) => schedules]];

const totals: Columns<NamedStats> = [
  ['ACKED', ({ total }) => total.acked],
  ['RETRIED', ({ total }) => total.retried],
  ['EXPIRED', ({ total }) => total.expired],
  ['CANCELLED', ({ total }) => total.cancelled],
  ['RECOVERED', ({ total }) => total.recovered],
  ['DROPPED', ({ total }) => total.dropped],
  ['TRIMMED', ({ total }) => total.trimmed],
];

/**
 * A row for each queue. The last seven columns are totals since the queue was created; how many messages wait at each
 * priority is shown only where messages have priorities; how many schedules there are, and how many entries wait in outboxes and since
 * when, only where there are some.
 */
export function statsTable(queues: readonly NamedStats[]): string {
  const hasPriorities = queues.some(({ byPriority }) => byPriority !== undefined);
  const hasSchedules = queues.some(({ schedules }) => schedules > 0);
  const hasOutbox = queues.some(({ outbox }) => outbox.pending > 0);
  const columns = [
    ...states,
    ...(hasPriorities ? priorities : []),
    ...(hasSchedules ? schedules : []),
    ...(hasOutbox ? outboxes : []),
    ...totals,
  ];
  return table(columns, queues);
}

function consumersText(consumers: number, paused: number): string | number {
  return paused === 0 ? consumers : `${consumers} (${paused} paused)`;
}

function pauseText({ until }: Paused): string {
  return until ? `until ${shortTime(until)}` : 'yes';
}

/** As `9:2 4:17`: the highest priority first, those without messages left out. */
function priorityText(counts: readonly number[]): string {
  const found = counts.map((count, priority) => (count > 0 ? [`${priority}:${count}`] : []));
  return found.reverse().flat().join(' ');
}
