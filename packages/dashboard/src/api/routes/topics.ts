import type { From, Topic, TopicRecord } from '@redpost/topic';
import { z } from 'zod';
import { Problem } from '../../http/problem.js';
import { attentionSchema } from '../../watching/attention.js';
import { type BodyViewer, bodySchema } from '../../watching/body-view.js';
import { groupsOf } from '../../watching/topic-sampler.js';
import { previewLength } from '../message-view.js';
import { type Call, route, tailRoute } from '../route.js';
import {
  confirmation,
  consumerSchema,
  count,
  done,
  instant,
  searchInQuery,
  time,
  wholeInQuery,
} from '../schemas.js';
import { consumerView } from '../views.js';

const tag = 'Topics';
export const groupPath = '/topics/{topic}/groups/{group}';

const groupNumbers = {
  group: z.string(),
  lag: count.describe('Records that were not delivered to the group yet'),
  pending: count,
  delayed: count,
  dead: count,
  consumers: count,
};

export const recordSchema = z.object({
  offset: z.string(),
  partition: count,
  key: z.string().optional(),
  id: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  publishedAt: time,
  body: bodySchema,
});

/** For how long a read waits for the records that it was asked for, in ms. */
const readMs = 2000;

export const topicRoutes = [
  route({
    method: 'get',
    path: '/topics',
    role: 'view',
    summary: 'All topics, those first that need somebody',
    tag,
    query: { search: searchInQuery('A part of the name'), limit: wholeInQuery(1, 200).default(50) },
    answer: z.object({
      topics: z.array(
        z.object({
          name: z.string(),
          length: count,
          cut: count,
          groups: count,
          lag: count.describe('Of the group that is furthest behind'),
          dead: count,
          consumers: count,
          attention: z.array(attentionSchema),
        }),
      ),
      found: count,
    }),
    everyMs: 5000,
    async handle({ services, rights, query }) {
      const part = query.search.toLowerCase();
      const shown = (await services.topicSampler.samples()).filter(
        ({ name }) => rights.allows('view', name) && name.toLowerCase().includes(part),
      );
      return { topics: shown.slice(0, query.limit), found: shown.length };
    },
  }),
  route({
    method: 'get',
    path: '/topics/{topic}',
    role: 'view',
    summary: 'One topic and its groups',
    tag,
    answer: z.object({
      name: z.string(),
      length: count,
      cut: count.describe(
        'Records that retention has removed that some group had not acknowledged',
      ),
      partitions: z.object({
        count: count.describe(
          'Partitions that new records go to; 0 for a topic without partitions',
        ),
        isMoving: z.boolean().describe('A group has records in former partitions to settle'),
        streams: z.array(
          z.object({ partition: count, stream: z.string(), isFormer: z.boolean(), length: count }),
        ),
      }),
      groups: z.array(z.object(groupNumbers)),
      rights: z.enum(['view', 'operate', 'destroy']),
    }),
    everyMs: 3000,
    async handle(call) {
      const topic = await topicOf(call);
      const [stats, partitions, groups] = await Promise.all([
        topic.stats(),
        partitionsOf(topic),
        groupsOf(topic),
      ]);
      const rights = call.rights.roleFor(topic.name) ?? 'view';
      return { ...stats, name: topic.name, partitions, groups, rights };
    },
  }),
  route({
    method: 'get',
    path: '/topics/{topic}/records',
    role: 'view',
    summary: 'Records of a topic, from a place on',
    tag,
    query: {
      from: z.string().default('beginning').describe("'beginning', a time, or an offset"),
      partition: wholeInQuery(0, 100_000).optional(),
      limit: wholeInQuery(1, 100).default(25),
    },
    answer: z.object({ records: z.array(recordSchema) }),
    async handle(call) {
      const topic = await topicOf(call);
      const { limit, from, partition } = call.query;
      const { length } = await topic.stats();
      const records: TopicRecord<Buffer>[] = [];
      // It waits for new records at the end of the topic.
      const signal = AbortSignal.any([call.signal, AbortSignal.timeout(readMs)]);
      const place = placeOf(from);
      if (length > 0 && place !== 'latest') {
        for await (const record of topic.read({ from: place, partition, signal, onTrimmed() {} })) {
          records.push(record);
          if (records.length >= Math.min(limit, length)) break;
        }
      }
      const view = (record: TopicRecord<Buffer>) =>
        recordView(topic.name, record, call.services.bodies);
      return { records: records.map(view) };
    },
  }),
  tailRoute({
    path: '/topics/{topic}/tail',
    summary: 'Records that are published from now on',
    tag,
    item: recordSchema,
    async tail(call) {
      const topic = await topicOf(call);
      return async (signal, came) => {
        for await (const record of topic.read({ from: 'latest', signal, onTrimmed() {} })) {
          came(() => recordView(topic.name, record, call.services.bodies));
        }
      };
    },
  }),
  route({
    method: 'get',
    path: groupPath,
    role: 'view',
    summary: 'One group of a topic, with its consumers by partition',
    tag,
    answer: z.object({
      ...groupNumbers,
      total: z.record(z.string(), count),
      owners: z.array(consumerSchema.omit({ queue: true }).extend({ partition: count })),
    }),
    everyMs: 2000,
    async handle(call) {
      const topic = await topicOf(call);
      const name = await existingGroup(call, topic);
      const group = topic.group(name);
      const [stats, consumers] = await Promise.all([group.stats(), group.consumers()]);
      const owners = consumers.map(({ partition, ...info }) => {
        const { queue: _, ...view } = consumerView(topic.name, info);
        return { ...view, partition };
      });
      return { ...stats, group: name, owners };
    },
  }),
  route({
    method: 'post',
    path: `${groupPath}/seek`,
    role: 'operate',
    summary: 'Sets the position of a group in all partitions',
    tag,
    body: {
      to: z.union([z.enum(['beginning', 'latest']), instant, z.string().regex(/^\d+-\d+$/)]),
      confirm: confirmation.describe('The name of the group, as a confirmation'),
    },
    answer: done,
    async handle(call) {
      const topic = await topicOf(call);
      const name = await existingGroup(call, topic);
      call.confirm(call.body.confirm, name);
      const detail = `${name} to ${call.body.to}`;
      const about = { action: 'seek', target: topic.name, detail };
      await call.audited(about, () => topic.group(name).seek(placeOf(call.body.to)));
      return { done: true };
    },
  }),
];

async function partitionsOf({ partitions }: Pick<Topic, 'partitions'>) {
  const [{ count, isMoving }, streams] = await Promise.all([partitions.get(), partitions.stats()]);
  return { count, isMoving, streams };
}

export function topicOf(call: Call<unknown, unknown>) {
  const name = call.param('topic');
  if (call.rights.allows('view', name)) return call.services.topics.get(name);
  throw new Problem(404, `There is no topic ${JSON.stringify(name)} here`);
}

export async function existingGroup(
  call: Call<unknown, unknown>,
  topic: Topic<Buffer>,
): Promise<string> {
  const name = call.param('group');
  if ((await topic.groups()).includes(name)) return name;
  throw new Problem(
    404,
    `The topic ${JSON.stringify(topic.name)} has no group ${JSON.stringify(name)}`,
  );
}

function placeOf(text: string): From {
  const time = Date.parse(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time) ? new Date(time) : text;
}

type ShownRecord = Omit<TopicRecord<Buffer | undefined>, 'body'> & {
  body: Buffer | undefined;
  bytes?: Buffer;
  bodyBytes?: number;
};

/** A record as the API tells of it. @param most how many characters of the body. */
export function recordView(
  topic: string,
  { offset, partition, key, id, headers, publishedAt, body, bytes: read, bodyBytes }: ShownRecord,
  bodies: BodyViewer,
  most = previewLength,
): z.infer<typeof recordSchema> {
  const bytes = read ?? body ?? Buffer.alloc(0);
  const given = { body, bytes, bodyBytes: bodyBytes ?? bytes.length, isRaw: true };
  const shown = bodies.view(given, { kind: 'topic', name: topic, id: offset }, most);
  const about = { offset, partition, key, id, headers: { ...headers } };
  return { ...about, publishedAt: publishedAt.toISOString(), body: shown };
}
