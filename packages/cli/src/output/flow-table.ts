import type { FlowStatus } from '@redpost/queue';
import { type Columns, table } from './table.js';

/** A flow, and how far it is. */
export interface ListedFlow extends FlowStatus {
  flow: string;
}

const columns: Columns<ListedFlow> = [
  ['FLOW', ({ flow }) => flow],
  ['STATE', ({ state, over }) => (over === undefined || over === 'closed' ? state : over)],
  ['PENDING', ({ pending }) => pending],
  ['DONE', ({ done }) => done],
  ['DEAD', ({ dead }) => dead],
  ['EXPIRED', ({ expired }) => expired],
  ['CANCELLED', ({ cancelled }) => cancelled],
];

/** A row for each flow. */
export function flowTable(flows: readonly ListedFlow[]): string {
  return table(columns, flows);
}
