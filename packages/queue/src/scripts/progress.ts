import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { resultsPart } from './parts/parts.js';
import source from './progress.lua';
import { namedKeys, resultArgs } from './script-keys.js';

export interface ProgressInput {
  keys: QueueKeys;
  reports: readonly { id: string; keepMs: number; attempt: number; progress: string | Buffer }[];
}

/** Notes how far handlers have come. */
export const noteProgress = defineScript<ProgressInput, void>({
  name: 'progress',
  uses: [resultsPart],
  keys: namedKeys('list'),
  args: resultArgs,
  rest: ({ reports }) =>
    reports.flatMap(({ id, keepMs, attempt, progress }) => [id, keepMs, attempt, progress]),
  lua: source,
  parse: () => undefined,
});
