import type { ConsumerInfo } from '@redpost/core';
import type { Paused } from '@redpost/queue';
import { type Columns, shortTime, table } from './table.js';

/** A queue, a topic or a group. What does not apply is undefined. */
export interface Listed {
  kind: 'queue' | 'topic' | 'group';
  name: string;
  group?: string | undefined;
  pending: number;
  active?: number | undefined;
  delayed?: number | undefined;
  dead?: number | undefined;
  consumers?: number | undefined;
  usedAt?: Date | undefined;
}

/** A consumer, and what it consumes. */
export interface ListedConsumer extends ConsumerInfo {
  kind: Listed['kind'];
  name: string;
  group: string | undefined;
  /** Of a queue: whether it is paused by itself. */
  paused?: Paused | undefined;
}

const columns: Columns<Listed> = [
  ['NAME', fullName],
  ['KIND', ({ kind }) => kind],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active ?? '-'],
  ['DELAYED', ({ delayed }) => delayed ?? '-'],
  ['DEAD', ({ dead }) => dead ?? '-', 'alarm'],
  ['CONSUMERS', ({ consumers }) => consumers ?? '-'],
];

const consumerColumns: Columns<ListedConsumer> = [
  ['NAME', fullName],
  ['CONSUMER', ({ consumer }) => consumer],
  ['HOST', ({ host }) => host ?? '-'],
  ['PID', ({ pid }) => pid ?? '-'],
  ['RUNS', ({ runs, handler }) => [runs ?? '-', handler].join(' ').trim()],
  ['PAUSED', ({ paused }) => (paused ? 'yes' : '-')],
  ['HELD', ({ held, concurrency }) => `${held}/${concurrency ?? '-'}`],
  ['VERSION', ({ version }) => version ?? '-'],
  ['SINCE', ({ startedAt }) => (startedAt ? shortTime(startedAt) : '-')],
];

/** A row for each queue, topic and group. */
export function listTable(listed: readonly Listed[]): string {
  return table(columns, listed);
}

/** A row for each consumer. */
export function consumerTable(consumers: readonly ListedConsumer[]): string {
  return table(consumerColumns, consumers);
}

/** A name may have any characters. */
function fullName({ name, group }: { name: string; group?: string | undefined }): string {
  const full = group === undefined ? name : `${name} > ${group}`;
  return /^[\x20-\x7e]+$/.test(full) ? full : JSON.stringify(full);
}
