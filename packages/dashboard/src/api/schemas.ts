import { z } from 'zod';

/** Parts of what the API gets and answers that several routes share. */

export const time = z.iso.datetime();
export const count = z.int();

/** A whole number in a query. */
export const wholeInQuery = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** A text to search for in a query. @param what of what it is a part. */
export const searchInQuery = (what: string) => z.string().max(1024).default('').describe(what);

/** The answer to a change that has nothing to tell. */
export const done = z.object({ done: z.boolean() });

/** What has to be typed before something is destroyed. */
export const confirmation = z.string().describe('The name of the queue, as a confirmation');

/** A date in a query or a body. */
export const instant = z.iso.datetime({ offset: true });

export function iso(date: Date): string;
export function iso(date: Date | undefined): string | undefined;
export function iso(date: Date | undefined): string | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export const limitsSchema = z.object({
  rate: z
    .object({ max: count, perMs: count, burst: count.optional() })
    .optional()
    .describe('How many messages may start in any window of perMs'),
  concurrency: count.optional(),
  keyConcurrency: count.optional(),
  keyRate: z.object({ max: count, perMs: count, burst: count.optional() }).optional(),
  keyWeights: z.record(z.string(), z.number()).optional(),
  keyMaxLength: count.optional(),
  agingMs: count.optional(),
});

export const pausedSchema = z.object({
  since: time,
  reason: z.string().optional(),
  until: time.optional(),
});

export const consumerSchema = z.object({
  queue: z.string(),
  consumer: z.string(),
  host: z.string().optional(),
  pid: count.optional(),
  version: z.string().optional(),
  node: z.string().optional(),
  runs: z.string().optional(),
  handler: z.string().optional(),
  concurrency: count.optional(),
  held: count,
  runningSince: time.optional().describe('Since when it has what it has had for longest'),
  startedAt: time.optional(),
  leaseEndsAt: time,
  paused: pausedSchema.optional().describe('Whether it is paused by itself'),
});

/** A consumer of a queue, and what the caller may do with it. */
export const queueConsumerSchema = consumerSchema.extend({
  rights: z.enum(['view', 'operate', 'destroy']),
});
