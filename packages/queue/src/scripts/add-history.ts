import { type Argument, defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './add-history.lua';
import { namedKeys } from './script-keys.js';

export interface AddHistoryInput {
  keys: QueueKeys;
  maxLength: number;
  maxAgeMs: number;
  /** How many records. The other fields are columns of all of them: see docs/protocol.md. */
  count: number;
  consumer: string;
  at: number;
  times: string;
  outcomes: string;
  headers: string;
  errors: string;
  stacks: string;
  sizes: string;
  bodies: Buffer | string;
}

/** Adds records as one entry, and deletes those above the bounds. */
export const addHistory = defineScript<AddHistoryInput, void>({
  name: 'add-history',
  uses: [clockPart],
  keys: namedKeys('stats', 'history', 'historyEnds'),
  args: {
    count: ({ count }) => count,
    max_length: ({ maxLength }) => maxLength,
    max_age_ms: ({ maxAgeMs }) => maxAgeMs,
  },
  rest({ consumer, at, times, outcomes, headers, errors, stacks, sizes, bodies }) {
    const fields: Argument[] = ['consumer', consumer, 'at', at, 'times', times, 'headers', headers];
    if (outcomes !== '') fields.push('outcomes', outcomes);
    if (errors !== '') fields.push('errors', errors);
    if (stacks !== '') fields.push('stacks', stacks);
    if (sizes !== '') fields.push('sizes', sizes, 'bodies', bodies);
    return fields;
  },
  lua: source,
  parse: () => undefined,
});
