import { InvalidArgumentError } from '@redpost/core';
import type { ScheduleOptions } from '../schedule/schedule-options.js';
import { defaultPriority, type MapJob } from './bullmq-job.js';
import { checkedMapped } from './mapped-job.js';

/** A job scheduler of BullMQ, as it is in Redis. */
export interface FoundScheduler {
  id: string;
  /** When it is due next, in ms since 1970. */
  next: number;
  hash: ReadonlyMap<string, Buffer>;
  /** The job of this time goes with the scheduler. False if it waits already, and is moved as a job. */
  hasNextJob: boolean;
}

/**
 * A scheduler as a schedule that goes on where it was; undefined if it has no job left to make.
 *
 * @param timeZone of patterns that name none.
 * @throws InvalidArgumentError, and what `map` throws.
 */
export function scheduleOf(
  { id, next, hash, hasNextJob }: FoundScheduler,
  { map, timeZone }: { map: MapJob | undefined; timeZone: string },
): ScheduleOptions<unknown> | undefined {
  const text = (field: string) => (hash.has(field) ? String(hash.get(field)) : undefined);
  const number = (field: string) => (hash.has(field) ? Number(text(field)) : undefined);
  const [pattern, every, limit] = [text('pattern'), number('every'), number('limit')];
  if (pattern === undefined && every === undefined) {
    throw new InvalidArgumentError(
      'it has neither a pattern nor an interval, as those of old versions',
    );
  }
  // `ic` counts the next job already.
  const left = limit === undefined ? undefined : limit - (number('ic') ?? 1) + (hasNextJob ? 1 : 0);
  if (left !== undefined && left < 1) return undefined;
  const endDate = number('endDate');
  const mapped = mappedOf(id, text('name') ?? '', text('data'), text('opts'), map);
  return {
    ...(pattern === undefined
      ? { everyMs: every, from: new Date(hasNextJob ? next : next + (every ?? 0)) }
      : {
          cron: pattern,
          timeZone: text('tz') ?? timeZone,
          from: startOf(number('startDate'), next),
        }),
    ...(endDate === undefined ? {} : { until: new Date(endDate) }),
    ...(left === undefined ? {} : { limit: left }),
    ...mapped,
  };
}

/** A pattern needs a start only where it has not come. */
function startOf(startDate: number | undefined, next: number): Date | undefined {
  return startDate !== undefined && startDate <= next ? new Date(startDate) : undefined;
}

function mappedOf(id: string, name: string, data = '{}', opts = '{}', map: MapJob | undefined) {
  const { priority = 0 } = JSON.parse(opts) as { priority?: number };
  const parsed = JSON.parse(data) as unknown;
  const job = {
    id,
    name,
    data: parsed,
    priority,
    attemptsMade: 0,
    addedAt: undefined,
    state: 'scheduler',
  } as const;
  const mapped = checkedMapped(map?.(job) ?? {}, id);
  const { key } = mapped;
  return {
    body: 'body' in mapped ? mapped.body : parsed,
    headers: mapped.headers ?? { 'bullmq-name': name },
    ...(key === undefined ? { priority: mapped.priority ?? defaultPriority(priority) } : { key }),
  };
}
