import { bytes } from '@redpost/core';
import { inTurns } from '@redpost/core/consuming';
import { Flow, type FlowStatus } from '@redpost/queue';
import { z } from 'zod';
import { Problem } from '../../http/problem.js';
import { flowNameSchema, MessageViews, messageSchema } from '../message-view.js';
import { type Call, route } from '../route.js';
import { confirmation, count, done, searchInQuery, time, wholeInQuery } from '../schemas.js';

const tag = 'Flows';
const path = '/queues/{queue}/flows/{flow}';

const flowSchema = z.object({
  queue: z.string().describe('The queue that it continues in'),
  id: z.string(),
  state: z.enum(['open', 'closed', 'over']),
  over: z.enum(['closed', 'cancelled', 'idle']).optional().describe('Why it is over'),
  pending: count.describe('Members that have not ended'),
  done: count,
  dead: count,
  expired: count,
  cancelled: count,
  openedAt: time,
  onDead: z.enum(['continue', 'cancel-rest']).describe('What a member does that becomes dead'),
  memberOf: flowNameSchema.optional().describe('The flow that its continuation is a member of'),
});

/** So many queues are asked for their flows at most. */
const mostQueues = 200;
/** So many flows of a queue are searched at most. */
const mostSearched = 1000;

export const flowRoutes = [
  route({
    method: 'get',
    path: '/flows',
    role: 'view',
    summary:
      'Flows of all queues, or of one, that are not over: the oldest of those that were read first',
    tag,
    query: {
      queue: z.string().optional().describe('The queue that they continue in'),
      search: searchInQuery('A part of the id of the flow or of the name of the queue'),
      limit: wholeInQuery(1, 500).default(100),
    },
    answer: z.object({
      at: time,
      flows: z.array(flowSchema),
      found: count.describe('How many flows are not over, whatever was searched for'),
      read: count.describe('How many of them were searched'),
    }),
    everyMs: 3000,
    async handle(call) {
      const counts = await flowsByQueue(call);
      const ids = await idsOf(call, [...counts.keys()]);
      const part = call.query.search.toLowerCase();
      const asked = ids.filter(({ queue, id }) => `${queue} ${id}`.toLowerCase().includes(part));
      const known = await inTurns(asked.slice(0, call.query.limit), statusOf);
      return {
        at: new Date().toISOString(),
        flows: known.flat().sort((a, b) => a.openedAt.localeCompare(b.openedAt)),
        found: [...counts.values()].reduce((sum, each) => sum + each, 0),
        read: ids.length,
      };
    },
  }),
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'One flow: how far it is, where its members are, and what follows them',
    tag,
    answer: z.object({
      at: time,
      flow: flowSchema,
      pendingByQueue: z
        .array(z.object({ queue: z.string(), pending: count }))
        .describe('How many members have not ended in each queue, the most first'),
      continuation: messageSchema
        .omit({ state: true, dueAt: true, consumer: true })
        .optional()
        .describe('What is sent when all members have ended, until then'),
      rights: z.enum(['view', 'operate', 'destroy']),
    }),
    everyMs: 2000,
    async handle(call) {
      const flow = flowOf(call);
      const [[known], pending, continuation] = await Promise.all([
        statusOf(flow),
        flow.pendingByQueue(),
        flow.continuation<Buffer>(bytes()),
      ]);
      if (!known) throw gone(flow.id);
      const views = new MessageViews({ ...call.known, isRaw: true }, call.services.bodies);
      const byQueue = [...pending].filter(([queue]) => isShown(call, queue));
      return {
        at: new Date().toISOString(),
        flow: {
          ...known,
          memberOf: isShown(call, known.memberOf?.queue) ? known.memberOf : undefined,
        },
        pendingByQueue: byQueue
          .map(([queue, its]) => ({ queue, pending: its }))
          .sort((a, b) => b.pending - a.pending),
        continuation: continuation && views.stored(continuation),
        rights: call.rights.roleFor(call.queue.name) ?? 'view',
      };
    },
  }),
  route({
    method: 'post',
    path: `${path}/close`,
    role: 'operate',
    summary: 'Closes a flow: it continues when all its members have ended',
    tag,
    body: {},
    answer: done,
    async handle(call) {
      const flow = flowOf(call);
      if (!(await flow.status())) throw gone(flow.id);
      const about = { action: 'close flow', target: flow.queue, detail: flow.id };
      await call.audited(about, () => flow.close());
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: `${path}/cancel`,
    role: 'destroy',
    summary: 'Cancels a flow: members that have not ended count as cancelled, and it continues',
    tag,
    body: { confirm: confirmation.describe('The id of the flow, as a confirmation') },
    answer: z.object({ cancelled: count.describe('How many members had not ended') }),
    async handle(call) {
      const flow = flowOf(call);
      call.confirm(call.body.confirm, flow.id);
      const before = await flow.status();
      if (!before) throw gone(flow.id);
      const about = { action: 'cancel flow', target: flow.queue, detail: flow.id };
      const cancel = async () => ((await flow.cancel()) ? before.pending : 0);
      return { cancelled: await call.audited(about, cancel, (cancelled) => cancelled) };
    },
  }),
];

function flowOf(call: Call<unknown, unknown>): Flow {
  const { connection } = call.services;
  return Flow.of({ connection, queue: call.queue.name, id: call.param('flow') });
}

function isShown({ services, rights }: Call<unknown, unknown>, queue: string | undefined): boolean {
  return (
    queue !== undefined && rights.allows('view', queue) && services.pool.get(queue) !== undefined
  );
}

function gone(id: string): Problem {
  return new Problem(
    404,
    `Nothing is known of a flow ${JSON.stringify(id)}: it was never opened, or is over for longer than it is kept`,
  );
}

/** How many flows continue in each queue that has some. */
async function flowsByQueue(
  call: Call<{ queue?: string | undefined }, undefined>,
): Promise<Map<string, number>> {
  const { queue } = call.query;
  if (queue !== undefined) {
    const { flows } = await call.queueNamed(queue).queue.stats();
    return new Map([[queue, flows]]);
  }
  const { all } = await call.services.sampler.samples();
  const having = all
    .filter(({ name, stats }) => call.rights.allows('view', name) && (stats?.flows ?? 0) > 0)
    .map(({ name, stats }): [string, number] => [name, stats?.flows ?? 0]);
  return new Map(having);
}

/** Flows of these queues, as many as are searched. */
async function idsOf(
  { services: { connection } }: Call<unknown, undefined>,
  queues: readonly string[],
): Promise<Flow[]> {
  const ofQueue = async (queue: string) => {
    const flows: Flow[] = [];
    for await (const flow of Flow.list({ connection, queue })) {
      flows.push(flow);
      if (flows.length >= mostSearched) break;
    }
    return flows;
  };
  return (await inTurns(queues.slice(0, mostQueues), ofQueue, 20)).flat();
}

/** Empty if nothing is known of it any more. */
async function statusOf(flow: Flow): Promise<z.infer<typeof flowSchema>[]> {
  const known = await flow.status();
  return known ? [flowView(flow, known)] : [];
}

function flowView({ id, queue }: Flow, { openedAt, ...status }: FlowStatus) {
  return { ...status, id, queue, openedAt: openedAt.toISOString() };
}
