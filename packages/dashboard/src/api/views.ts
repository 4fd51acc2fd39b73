import type { ConsumerInfo } from '@redpost/core';
import type { QueueConsumerInfo, QueueStats } from '@redpost/queue';
import type { z } from 'zod';
import { type consumerSchema, iso, type pausedSchema } from './schemas.js';

/** A consumer as the API tells of it. */
export function consumerView(
  queue: string,
  {
    leaseEndsAt,
    startedAt,
    runningSince,
    paused,
    ...info
  }: ConsumerInfo & Partial<QueueConsumerInfo>,
): z.infer<typeof consumerSchema> {
  const known = Object.fromEntries(
    Object.entries(info).filter(([name, value]) => consumerFields.has(name) && value !== undefined),
  ) as Omit<ConsumerInfo, 'leaseEndsAt' | 'startedAt' | 'runningSince'>;
  return {
    ...known,
    queue,
    startedAt: iso(startedAt),
    runningSince: iso(runningSince),
    leaseEndsAt: leaseEndsAt.toISOString(),
    paused: pausedView(paused),
  };
}

/** Others may have written more into their registration. */
const consumerFields = new Set([
  ...['consumer', 'held', 'host', 'pid', 'version', 'node', 'runs', 'handler', 'concurrency'],
]);

export function pausedView(paused: QueueStats['paused']): z.infer<typeof pausedSchema> | undefined {
  if (!paused) return undefined;
  return { since: iso(paused.since), reason: paused.reason, until: iso(paused.until) };
}
