import { defineScript } from '@redpost/core';
import source from './store-result.lua';

export interface StoreResultInput {
  /** The key of the result, which is the name of the channel, too. */
  key: string;
  /** In JSON, `status` first. */
  meta: string;
  keepMs: number;
}

/** Stores the result of a task: false when the task had succeeded before. */
export const storeResult = defineScript<StoreResultInput, boolean>({
  name: 'celery-store-result',
  keys: { result: ({ key }) => key },
  args: { meta: ({ meta }) => meta, keep_ms: ({ keepMs }) => keepMs },
  lua: source,
  parse: (reply) => reply === 1,
});
