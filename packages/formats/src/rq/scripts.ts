import { defineScript } from '@redpost/core';
import enqueueSource from './enqueue.lua';
import enqueueDependentSource from './enqueue-dependent.lua';
import finishSource from './finish.lua';
import retrySource from './retry.lua';
import type { JobFields } from './rq-job.js';
import {
  dependenciesKey,
  dependentsKey,
  jobKey,
  listOf,
  queuesKey,
  registryKey,
  resultsKey,
} from './rq-keys.js';
import startSource from './start.lua';

interface OfJob {
  id: string;
}

export interface EnqueueInput extends OfJob {
  queue: string;
  /** In seconds; 0 for never. */
  ttlS: number;
  fields: Readonly<Record<string, string | number | Buffer>>;
}

/** Enqueues a job: false when there is one of this id. */
export const enqueue = defineScript<EnqueueInput, boolean>({
  name: 'rq-enqueue',
  keys: {
    job: ({ id }) => jobKey(id),
    queues: () => queuesKey,
    list: ({ queue }) => listOf(queue),
  },
  args: { id: ({ id }) => id, queue: ({ queue }) => listOf(queue), ttl_s: ({ ttlS }) => ttlS },
  rest: ({ fields }) => Object.entries(fields).flat(),
  lua: enqueueSource,
  parse: (reply) => reply === 1,
});

/** Starts a job: its hash as it was, empty when it is gone. */
export const start = defineScript<OfJob, JobFields>({
  name: 'rq-start',
  keys: { job: ({ id }) => jobKey(id) },
  args: { now },
  lua: startSource,
  parse: (reply) => pairs(reply as Buffer[]),
});

export interface FinishInput extends OfJob {
  queue: string;
  status: 'finished' | 'failed';
  /** The JSON of what was returned, or the text of the failure, in base64 as RQ has it; '' for none. */
  value: string;
  /** What the hash says of the failure; empty for none. */
  excInfo: Buffer | '';
  /** In seconds; -1 for ever, 0 for no result. */
  keepS: number;
}

/** Notes how a job has ended: false when it was deleted. */
export const finish = defineScript<FinishInput, boolean>({
  name: 'rq-finish',
  keys: {
    job: ({ id }) => jobKey(id),
    results: ({ id }) => resultsKey(id),
    registry: ({ status, queue }) => registryKey(status, queue),
    dependents: ({ id }) => dependentsKey(id),
    dependencies: ({ id }) => dependenciesKey(id),
  },
  args: {
    id: ({ id }) => id,
    status: ({ status }) => status,
    now,
    kind: ({ status }) => (status === 'finished' ? 1 : 2),
    value_name: ({ status }) => (status === 'finished' ? 'return_value' : 'exc_string'),
    value: ({ value }) => value,
    exc_info: ({ excInfo }) => excInfo,
    keep_s: ({ keepS }) => keepS,
  },
  lua: finishSource,
  parse: (reply) => reply === 1,
});

/** Notes that another attempt follows: false when the job was deleted. */
export const noteRetry = defineScript<OfJob & { left: number; isLater: boolean }, boolean>({
  name: 'rq-retry',
  keys: { job: ({ id }) => jobKey(id) },
  args: { left: ({ left }) => left, status: ({ isLater }) => (isLater ? 'scheduled' : 'queued') },
  lua: retrySource,
  parse: (reply) => reply === 1,
});

/** Enqueues a job that has waited for `parent`: false when it does not wait any more. */
export const enqueueDependent = defineScript<OfJob & { parent: string; queue: string }, boolean>({
  name: 'rq-enqueue-dependent',
  keys: {
    job: ({ id }) => jobKey(id),
    dependents: ({ parent }) => dependentsKey(parent),
    deferred: ({ queue }) => registryKey('deferred', queue),
    queues: () => queuesKey,
    list: ({ queue }) => listOf(queue),
  },
  args: { id: ({ id }) => id, queue: ({ queue }) => listOf(queue), now },
  lua: enqueueDependentSource,
  parse: (reply) => reply === 1,
});

function now(): string {
  return new Date().toISOString();
}

/** Fields of a hash or an entry, as Redis tells them. */
export function pairs(reply: readonly Buffer[]): JobFields {
  const fields = new Map<string, Buffer>();
  for (let at = 0; at + 1 < reply.length; at += 2) {
    fields.set(String(reply[at]), reply[at + 1] as Buffer);
  }
  return fields;
}
