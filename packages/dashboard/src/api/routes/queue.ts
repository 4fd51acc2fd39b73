import type { Queue, SeriesPoint } from '@redpost/queue';
import { z } from 'zod';
import { operationSchema } from '../../acting/operations.js';
import { attentionFor, attentionSchema } from '../../watching/attention.js';
import { ageOfNext } from '../../watching/sampler.js';
import { route } from '../route.js';
import {
  confirmation,
  count,
  done,
  instant,
  iso,
  limitsSchema,
  pausedSchema,
  queueConsumerSchema,
  time,
  wholeInQuery,
} from '../schemas.js';
import { consumerView, pausedView } from '../views.js';
import { startOperation } from './start-operation.js';

const distribution = z.object({
  count,
  p50Ms: z.number().optional(),
  p99Ms: z.number().optional(),
});
const longestMs = 2 ** 23;
type QueueCounts = Record<'pending' | 'active' | 'delayed' | 'dead', number>;

const tag = 'Queues';

export const queueRoutes = [
  route({
    method: 'get',
    path: '/queues/{queue}',
    role: 'view',
    summary: 'One queue: its numbers, its pause and its limits',
    tag,
    answer: z.object({
      name: z.string(),
      pending: count,
      active: count,
      delayed: count,
      dead: count,
      schedules: count,
      flows: count.describe('How many flows continue in it and are not over'),
      consumers: count,
      pausedConsumers: count.describe('How many of them are paused by themselves'),
      ageMs: z.number().optional(),
      byPriority: z.array(count).optional(),
      paused: pausedSchema.optional(),
      limitedUntil: time.optional(),
      limits: limitsSchema,
      outbox: z.object({ pending: count, waitsSince: time.optional() }),
      total: z.record(z.string(), count).describe('Counters since the queue was created'),
      deadLetters: z.object({
        maxLength: count.optional(),
        maxAgeMs: z.number().optional(),
      }),
      partitions: z
        .object({
          count,
          isMoving: z.boolean().describe('Messages of keys may still go from one to another'),
          lists: z.array(
            z.object({
              list: z.string(),
              pending: count,
              active: count,
              delayed: count,
              dead: count,
            }),
          ),
        })
        .optional()
        .describe('Left out where the queue has none'),
      attention: z.array(attentionSchema),
      rights: z.enum(['view', 'operate', 'destroy']),
    }),
    everyMs: 2000,
    async handle({ queue, rights }) {
      const [stats, bounds] = await Promise.all([queue.stats(), queue.deadLetters.bounds()]);
      const ageMs = stats.pending > 0 ? await ageOfNext(queue) : undefined;
      const finite = (value: number) => (Number.isFinite(value) ? value : undefined);
      const { outbox, byPriority } = stats;
      return {
        ...stats,
        name: queue.name,
        ageMs: ageMs === undefined ? undefined : Math.round(ageMs),
        byPriority: byPriority && [...byPriority],
        paused: pausedView(stats.paused),
        limitedUntil: iso(stats.limitedUntil),
        limits: stats.limits as z.input<typeof limitsSchema>,
        outbox: { pending: outbox.pending, waitsSince: iso(outbox.waitsSince) },
        deadLetters: { maxLength: finite(bounds.maxLength), maxAgeMs: finite(bounds.maxAgeMs) },
        partitions: stats.partitions === undefined ? undefined : await partitionsOf(queue),
        attention: attentionFor(stats, ageMs),
        rights: rights.roleFor(queue.name) ?? 'view',
      };
    },
  }),
  route({
    method: 'get',
    path: '/queues/{queue}/series',
    role: 'view',
    summary: 'What was settled, and how long messages waited and handlers ran, by minute or hour',
    tag,
    query: {
      by: z.enum(['minute', 'hour']).default('minute'),
      from: instant.optional(),
      to: instant.optional(),
    },
    answer: z.object({
      points: z.array(
        z.object({
          at: time,
          acked: count,
          retried: count,
          dead: count,
          expired: count,
          cancelled: count,
          wait: distribution,
          run: distribution,
        }),
      ),
    }),
    everyMs: 15_000,
    async handle({ queue, query }) {
      const { by, from, to } = query;
      const points = await queue.series({
        by,
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      });
      return { points: points.map(pointView) };
    },
  }),
  route({
    method: 'get',
    path: '/queues/{queue}/keys',
    role: 'view',
    summary: 'Keys whose messages wait, or that handlers had for longest',
    tag,
    query: {
      by: z.enum(['pending', 'age', 'time']).default('pending'),
      limit: wholeInQuery(1, 200).default(20),
    },
    answer: z.object({
      keys: z.array(
        z.object({
          key: z.string().optional().describe('Left out for the messages without a key'),
          pending: count,
          active: count.optional().describe('Left out for the messages without a key'),
          waitsSince: time.optional(),
          notBefore: time.optional(),
          isPaused: z.boolean(),
          pausedUntil: time.optional(),
          handlerMs: count,
        }),
      ),
    }),
    everyMs: 5000,
    async handle({ queue, query }) {
      const keys = await queue.keys({ by: query.by, count: query.limit });
      return {
        keys: keys.map(({ waitsSince, notBefore, pausedUntil, ...rest }) => ({
          ...rest,
          waitsSince: iso(waitsSince),
          notBefore: iso(notBefore),
          pausedUntil: iso(pausedUntil),
        })),
      };
    },
  }),
  route({
    method: 'get',
    path: '/queues/{queue}/consumers',
    role: 'view',
    summary: 'The consumers of a queue',
    tag: 'Consumers',
    answer: z.object({ at: time, consumers: z.array(queueConsumerSchema) }),
    everyMs: 2000,
    async handle({ queue, rights }) {
      const consumers = await queue.consumers();
      const own = rights.roleFor(queue.name) ?? 'view';
      return {
        at: new Date().toISOString(),
        consumers: consumers.map((info) => ({ ...consumerView(queue.name, info), rights: own })),
      };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/consumers/{consumer}/pause',
    role: 'operate',
    summary: 'Pauses one consumer; the others go on',
    tag: 'Consumers',
    body: { reason: z.string().max(1000).optional() },
    answer: done,
    async handle(call) {
      const { reason } = call.body;
      const consumer = call.param('consumer');
      const detail = reason ? `${consumer}, reason: ${reason}` : consumer;
      const about = { action: 'pause consumer', target: call.queue.name, detail };
      const options = { reason: reason || undefined };
      await call.audited(about, () => call.queue.pauseConsumer(consumer, options));
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/consumers/{consumer}/resume',
    role: 'operate',
    summary: 'Ends the pause of one consumer',
    tag: 'Consumers',
    body: {},
    answer: done,
    async handle(call) {
      const consumer = call.param('consumer');
      const about = { action: 'resume consumer', target: call.queue.name, detail: consumer };
      return { done: await call.audited(about, () => call.queue.resumeConsumer(consumer)) };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/pause',
    role: 'operate',
    summary: 'Pauses a queue for all its consumers',
    tag,
    body: {
      reason: z.string().max(1000).optional(),
      until: instant.optional().describe('When the pause ends by itself'),
    },
    answer: done,
    async handle(call) {
      const { reason, until } = call.body;
      const untilMs = until === undefined ? undefined : Date.parse(until);
      const detail = [reason && `reason: ${reason}`, until && `until ${until}`];
      const about = { action: 'pause', target: call.queue.name };
      await call.audited({ ...about, detail: detail.filter(Boolean).join(', ') }, () =>
        call.queue.pause({ reason: reason || undefined, untilMs }),
      );
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/resume',
    role: 'operate',
    summary: 'Ends the pause of a queue',
    tag,
    body: {},
    answer: done,
    async handle(call) {
      const about = { action: 'resume', target: call.queue.name };
      return { done: await call.audited(about, () => call.queue.resume()) };
    },
  }),
  route({
    method: 'put',
    path: '/queues/{queue}/limits',
    role: 'operate',
    summary: 'Sets limits; null removes one, and what is missing stays as it is',
    tag,
    body: {
      rate: limitsSchema.shape.rate.unwrap().nullable().optional(),
      concurrency: count.nullable().optional(),
      keyConcurrency: count.nullable().optional(),
      keyRate: limitsSchema.shape.keyRate.unwrap().nullable().optional(),
      keyWeights: z.record(z.string(), z.number()).nullable().optional(),
      keyMaxLength: count.nullable().optional(),
      agingMs: count.nullable().optional(),
    },
    answer: done,
    async handle(call) {
      const about = { action: 'limits', target: call.queue.name };
      const detail = JSON.stringify(call.body);
      await call.audited({ ...about, detail }, () => call.queue.limits.set(call.body));
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/keys/{key}/pause',
    role: 'operate',
    summary: 'Pauses a key of a queue',
    tag,
    body: { until: instant.optional() },
    answer: done,
    async handle(call) {
      const { until } = call.body;
      const untilMs = until === undefined ? undefined : Date.parse(until);
      const about = { action: 'pause key', target: call.queue.name, detail: call.param('key') };
      await call.audited(about, () => call.queue.pauseKey(call.param('key'), { untilMs }));
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/keys/{key}/resume',
    role: 'operate',
    summary: 'Ends the pause of a key',
    tag,
    body: {},
    answer: done,
    async handle(call) {
      const about = { action: 'resume key', target: call.queue.name, detail: call.param('key') };
      return { done: await call.audited(about, () => call.queue.resumeKey(call.param('key'))) };
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/purge',
    role: 'destroy',
    summary: 'Deletes all pending and delayed messages. Goes on in the background',
    tag,
    body: { confirm: confirmation },
    answer: operationSchema,
    async handle(call) {
      const { queue } = call;
      call.confirm(call.body.confirm, queue.name);
      const about = { kind: 'purge', target: queue.name, detail: '' };
      return startOperation(call, about, async (signal, progressed) => {
        const before = await queue.stats();
        const of = before.pending + before.delayed;
        const soFar = (deleted: { pending: number; delayed: number }) => {
          const changed = deleted.pending + deleted.delayed;
          return { changed, examined: changed, of };
        };
        return soFar(
          await queue.purge({ signal, onProgress: (deleted) => progressed(soFar(deleted)) }),
        );
      });
    },
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/destroy',
    role: 'destroy',
    summary: 'Deletes a queue with everything that it has. Goes on in the background',
    tag,
    body: { confirm: confirmation },
    answer: operationSchema,
    async handle(call) {
      const { queue } = call;
      call.confirm(call.body.confirm, queue.name);
      const about = { kind: 'destroy', target: queue.name, detail: '' };
      return startOperation(call, about, async (signal, progressed) => {
        const sum = ({ pending, active, delayed, dead }: QueueCounts) =>
          pending + active + delayed + dead;
        const of = sum(await queue.stats());
        const soFar = (changed: number) => ({ changed, examined: changed, of });
        const onProgress = ({ pending }: { pending: number }) => progressed(soFar(pending));
        return soFar(sum(await queue.destroy({ signal, onProgress })));
      });
    },
  }),
];

/** Infinity cannot be told in JSON: it means longer than the last bound. */
async function partitionsOf({ partitions }: Pick<Queue, 'partitions'>) {
  const [{ count, isMoving }, lists] = await Promise.all([partitions.get(), partitions.stats()]);
  return { count, isMoving, lists };
}

function pointView({ at, wait, run, ...counts }: SeriesPoint) {
  const finite = (ms: number | undefined) => (ms === Infinity ? 2 * longestMs : ms);
  const view = ({ count: many, p50Ms, p99Ms }: SeriesPoint['wait']) => ({
    count: many,
    p50Ms: finite(p50Ms),
    p99Ms: finite(p99Ms),
  });
  return { ...counts, at: at.toISOString(), wait: view(wait), run: view(run) };
}
