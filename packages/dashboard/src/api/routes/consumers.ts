import { inTurns } from '@redpost/core/consuming';
import { z } from 'zod';
import { route } from '../route.js';
import { count, queueConsumerSchema, searchInQuery, time, wholeInQuery } from '../schemas.js';
import { consumerView } from '../views.js';

/** So many queues are asked for their consumers at most. */
const mostQueues = 200;

export const consumerRoutes = [
  route({
    method: 'get',
    path: '/consumers',
    role: 'view',
    summary: 'The consumers of all queues',
    tag: 'Consumers',
    query: {
      search: searchInQuery(
        'A part of the name of the queue, host, version or handler, or the pid',
      ),
      limit: wholeInQuery(1, 500).default(100),
    },
    answer: z.object({
      at: time,
      consumers: z.array(queueConsumerSchema),
      found: count,
      queues: count.describe('How many queues have consumers'),
      asked: count.describe('How many of them were asked: those with the most consumers'),
    }),
    everyMs: 3000,
    async handle({ services, rights, query }) {
      const { all } = await services.sampler.samples();
      const busy = all
        .filter(({ name, stats }) => rights.allows('view', name) && (stats?.consumers ?? 0) > 0)
        .sort((a, b) => (b.stats?.consumers ?? 0) - (a.stats?.consumers ?? 0));
      const asked = busy.slice(0, mostQueues);
      const consumersOf = async ({ name }: { name: string }) => {
        const consumers = await services.pool.get(name)?.queue.consumers();
        const own = rights.roleFor(name) ?? 'view';
        return (consumers ?? []).map((info) => ({ ...consumerView(name, info), rights: own }));
      };
      const lists = await inTurns(asked, consumersOf, 20);
      const part = query.search.toLowerCase();
      const found = lists
        .flat()
        .filter(({ queue, host, pid, version, handler }) =>
          [queue, host, String(pid ?? ''), version, handler].some((text) =>
            text?.toLowerCase().includes(part),
          ),
        );
      return {
        at: new Date().toISOString(),
        consumers: found.slice(0, query.limit),
        found: found.length,
        queues: busy.length,
        asked: asked.length,
      };
    },
  }),
];
