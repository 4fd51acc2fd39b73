import { types } from 'node:util';
import { inTurns } from '@redpost/core/consuming';
import type { Schedule } from '@redpost/queue';
import { z } from 'zod';
import { Problem } from '../../http/problem.js';
import { bodySchema } from '../../watching/body-view.js';
import { givenBody, givenBodySchema } from '../given-body.js';
import { type Call, route } from '../route.js';
import {
  confirmation,
  count,
  done,
  instant,
  iso,
  searchInQuery,
  time,
  wholeInQuery,
} from '../schemas.js';

const tag = 'Schedules';
const path = '/queues/{queue}/schedules/{schedule}';

const scheduleSchema = z.object({
  queue: z.string(),
  name: z.string(),
  cron: z.string().optional(),
  everyMs: count.optional(),
  timeZone: z.string().optional(),
  from: time.optional(),
  until: time.optional(),
  limit: count.optional(),
  missed: z.enum(['skip', 'one', 'all']),
  overlap: z.enum(['allow', 'skip']),
  jitterMs: count,
  key: z.string().optional(),
  priority: count.optional(),
  isPaused: z.boolean(),
  isOverdue: z.boolean().describe('The next tick is past: no process does the ticks of this queue'),
  next: time.optional(),
  last: time.optional(),
  ticks: count,
  body: bodySchema,
});

/** A tick that is late by so much, in ms, is missed: see `missed` of `schedules.set()`. */
const missedAfterMs = 30_000;
/** So many queues are asked for their schedules at most. */
const mostQueues = 200;
const mostNext = 20;

export const scheduleRoutes = [
  route({
    method: 'get',
    path: '/schedules',
    role: 'view',
    summary: 'The schedules of all queues, or of one',
    tag,
    query: {
      queue: z.string().optional(),
      search: searchInQuery('A part of the name of the schedule or the queue'),
      limit: wholeInQuery(1, 500).default(100),
    },
    answer: z.object({ schedules: z.array(scheduleSchema), found: count }),
    everyMs: 5000,
    async handle(call) {
      const names =
        call.query.queue === undefined ? await scheduledQueues(call) : [call.query.queue];
      const schedulesOf = async (name: string) => {
        const { queue } = call.queueNamed(name);
        return (await queue.schedules.list()).map((schedule) => scheduleView(call, name, schedule));
      };
      const lists = await inTurns(names, schedulesOf, 10);
      const part = call.query.search.toLowerCase();
      const found = lists
        .flat()
        .filter(({ name, queue }) => `${queue} ${name}`.toLowerCase().includes(part));
      return { schedules: found.slice(0, call.query.limit), found: found.length };
    },
  }),
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'One schedule, and its next ticks',
    tag,
    answer: z.object({ schedule: scheduleSchema, next: z.array(time) }),
    everyMs: 5000,
    async handle(call) {
      const { schedules, name: queue } = call.queue;
      const name = call.param('schedule');
      const schedule = await schedules.get(name);
      if (!schedule) throw new Problem(404, `There is no schedule ${JSON.stringify(name)}`);
      const next = await schedules.next(name, mostNext);
      return { schedule: scheduleView(call, queue, schedule), next: next.map((each) => iso(each)) };
    },
  }),
  route({
    method: 'put',
    path,
    role: 'operate',
    summary: 'Sets a schedule. What else it sends with its messages stays as it is',
    tag,
    body: {
      cron: z.string().optional(),
      everyMs: z.int().min(1).optional(),
      timeZone: z.string().optional(),
      body: givenBodySchema.optional(),
      from: instant.nullable().optional(),
      until: instant.nullable().optional(),
      limit: z.int().min(1).nullable().optional(),
      missed: z.enum(['skip', 'one', 'all']).optional(),
      overlap: z.enum(['allow', 'skip']).optional(),
      jitterMs: z.int().min(0).optional(),
    },
    answer: scheduleSchema,
    async handle(call) {
      const name = call.param('schedule');
      const { queue } = call;
      const before = await queue.schedules.get(name);
      const { body, cron, everyMs, timeZone, from, until, limit, ...rest } = call.body;
      if (!before && body === undefined) throw new Problem(400, 'A new schedule needs a body');
      const timing =
        cron === undefined && everyMs === undefined ? before : { cron, everyMs, timeZone };
      const date = (given: string | null | undefined, kept: Date | undefined) =>
        given === undefined ? kept : given === null ? undefined : new Date(given);
      const detail = `${name}: ${Object.keys(call.body).join(', ')}`;
      const schedule = await call.audited(
        { action: 'set schedule', target: queue.name, detail },
        () =>
          queue.schedules.set(name, {
            ...keptOf(before),
            ...rest,
            cron: timing?.cron,
            everyMs: timing?.everyMs,
            timeZone: timing?.cron === undefined ? undefined : timing.timeZone,
            from: date(from, before?.from),
            until: date(until, before?.until),
            limit: limit === undefined ? before?.limit : (limit ?? undefined),
            body: body === undefined ? before?.body : givenBody(body, call.known),
          }),
      );
      return scheduleView(call, queue.name, schedule);
    },
  }),
  ...(['pause', 'resume'] as const).map((action) =>
    route({
      method: 'post',
      path: `${path}/${action}`,
      role: 'operate',
      summary: action === 'pause' ? 'Pauses a schedule' : 'Ends the pause of a schedule',
      tag,
      body: {},
      answer: done,
      async handle(call) {
        const name = call.param('schedule');
        const about = { action: `${action} schedule`, target: call.queue.name, detail: name };
        return { done: await call.audited(about, () => call.queue.schedules[action](name)) };
      },
    }),
  ),
  route({
    method: 'post',
    path: `${path}/run`,
    role: 'operate',
    summary: 'Sends a message of the schedule now',
    tag,
    body: {},
    answer: z.object({
      id: z.string().optional().describe('Missing when an earlier one is not done (overlap: skip)'),
    }),
    async handle(call) {
      const name = call.param('schedule');
      const about = { action: 'run schedule', target: call.queue.name, detail: name };
      const run = () => call.queue.schedules.runNow(name);
      return { id: await call.audited(about, run, (id) => (id === undefined ? 0 : 1)) };
    },
  }),
  route({
    method: 'post',
    path: `${path}/remove`,
    role: 'destroy',
    summary: 'Removes a schedule. Messages that it has sent stay',
    tag,
    body: { confirm: confirmation.describe('The name of the schedule, as a confirmation') },
    answer: done,
    async handle(call) {
      const name = call.param('schedule');
      call.confirm(call.body.confirm, name);
      const about = { action: 'remove schedule', target: call.queue.name, detail: name };
      return { done: await call.audited(about, () => call.queue.schedules.remove(name)) };
    },
  }),
];

async function scheduledQueues({ services, rights }: Call<unknown, undefined>): Promise<string[]> {
  const { all } = await services.sampler.samples();
  const names = all
    .filter(({ name, stats }) => rights.allows('view', name) && (stats?.schedules ?? 0) > 0)
    .map(({ name }) => name);
  return names.slice(0, mostQueues);
}

/** What a schedule sends along, which the page does not edit. */
function keptOf(before: Schedule | undefined) {
  if (!before) return {};
  const { missed, overlap, jitterMs, headers, priority, key, ttlMs, timeoutMs, keepResultMs } =
    before;
  return { missed, overlap, jitterMs, headers, priority, key, ttlMs, timeoutMs, keepResultMs };
}

function scheduleView(
  call: Call<unknown, unknown>,
  queue: string,
  schedule: Schedule,
): z.infer<typeof scheduleSchema> {
  const { body, from, until, next, last, headers: _, ttlMs: _ttl, ...rest } = schedule;
  const { timeoutMs: _timeout, keepResultMs: _keep, ...shown } = rest;
  const { isRaw } = call.queueNamed(queue);
  const bytes = isRaw && types.isUint8Array(body) ? body : Buffer.from(JSON.stringify(body) ?? '');
  const read = { body, bytes, bodyBytes: bytes.length, isRaw };
  return {
    ...shown,
    queue,
    from: iso(from),
    until: iso(until),
    next: iso(next),
    last: iso(last),
    isOverdue: next !== undefined && next.getTime() < Date.now() - missedAfterMs,
    body: call.services.bodies.view(read, { kind: 'queue', name: queue, id: undefined }),
  };
}
