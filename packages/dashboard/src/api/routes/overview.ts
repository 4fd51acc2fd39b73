import { z } from 'zod';
import { attentionSchema, urgency } from '../../watching/attention.js';
import type { Sample } from '../../watching/sampler.js';
import { route } from '../route.js';
import { count, searchInQuery, time, wholeInQuery } from '../schemas.js';

const rowSchema = z.object({
  name: z.string(),
  pending: count,
  active: count,
  delayed: count,
  dead: count,
  consumers: count,
  schedules: count,
  isPaused: z.boolean(),
  ageMs: z
    .number()
    .optional()
    .describe('For how long the next message has waited since it was sent'),
  inPerSecond: z.number().optional(),
  outPerSecond: z.number().optional(),
  sparkline: z.array(z.number()).describe('How many went out per second, over the last minute'),
  attention: z.array(attentionSchema).describe('Why somebody should look at it'),
});
type Row = z.infer<typeof rowSchema>;

const sortSchema = z.enum([
  ...['attention', 'name', 'pending', 'active', 'delayed', 'dead'],
  ...['consumers', 'age', 'in', 'out'],
] as const);

const orders: Readonly<Record<z.infer<typeof sortSchema>, (row: Row) => number>> = {
  attention: ({ attention, ageMs = 0 }) => urgency(attention) * 1e15 - ageMs,
  name: () => 0,
  pending: ({ pending }) => -pending,
  active: ({ active }) => -active,
  delayed: ({ delayed }) => -delayed,
  dead: ({ dead }) => -dead,
  consumers: ({ consumers }) => -consumers,
  age: ({ ageMs = -1 }) => -ageMs,
  in: ({ inPerSecond = 0 }) => -inPerSecond,
  out: ({ outPerSecond = 0 }) => -outPerSecond,
};

export const overviewRoutes = [
  route({
    method: 'get',
    path: '/queues',
    role: 'view',
    summary: 'All queues, those that need somebody first',
    tag: 'Queues',
    query: {
      search: searchInQuery('A part of the name'),
      sort: sortSchema.default('attention'),
      only: attentionSchema.optional().describe('Only those that need somebody for this reason'),
      offset: wholeInQuery(0, 1_000_000).default(0),
      limit: wholeInQuery(1, 200).default(50),
    },
    answer: z.object({
      at: time,
      rows: z.array(rowSchema),
      found: count.describe('How many there are on all pages'),
      totals: z.object({
        queues: count,
        pending: count,
        active: count,
        delayed: count,
        dead: count,
        consumers: count,
        inPerSecond: z.number(),
        outPerSecond: z.number(),
        attention: count.describe('How many queues need somebody'),
      }),
    }),
    everyMs: 2000,
    async handle({ services, rights, query }) {
      const { at, all } = await services.sampler.samples();
      const rows = all.filter(({ name }) => rights.allows('view', name)).map(rowOf);
      const part = query.search.toLowerCase();
      const found = rows
        .filter(({ name }) => name.toLowerCase().includes(part))
        .filter(({ attention }) => query.only === undefined || attention.includes(query.only))
        .map((row) => ({ row, order: orders[query.sort](row) }))
        .sort((a, b) => a.order - b.order || (a.row.name < b.row.name ? -1 : 1))
        .map(({ row }) => row);
      const page = found.slice(query.offset, query.offset + query.limit);
      return { at: at.toISOString(), rows: page, found: found.length, totals: totalsOf(rows) };
    },
  }),
];

function rowOf({ name, stats, ageMs, attention, traffic }: Sample): Row {
  const rates = traffic.rates();
  return {
    name,
    pending: stats?.pending ?? 0,
    active: stats?.active ?? 0,
    delayed: stats?.delayed ?? 0,
    dead: stats?.dead ?? 0,
    consumers: stats?.consumers ?? 0,
    schedules: stats?.schedules ?? 0,
    isPaused: stats?.paused !== undefined,
    ageMs: ageMs === undefined ? undefined : Math.round(ageMs),
    inPerSecond: rates?.in,
    outPerSecond: rates?.out,
    sparkline: traffic.sparkline(),
    attention,
  };
}

function totalsOf(rows: readonly Row[]) {
  const sum = (read: (row: Row) => number | undefined) =>
    rows.reduce((total, row) => total + (read(row) ?? 0), 0);
  const rounded = (number: number) => Math.round(number * 10) / 10;
  return {
    queues: rows.length,
    pending: sum((row) => row.pending),
    active: sum((row) => row.active),
    delayed: sum((row) => row.delayed),
    dead: sum((row) => row.dead),
    consumers: sum((row) => row.consumers),
    inPerSecond: rounded(sum((row) => row.inPerSecond)),
    outPerSecond: rounded(sum((row) => row.outPerSecond)),
    attention: sum((row) => (row.attention.length > 0 ? 1 : 0)),
  };
}
