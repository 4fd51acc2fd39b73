import { z } from 'zod';
import { Problem } from '../../http/problem.js';
import { bodySchema } from '../../watching/body-view.js';
import { type ChannelName, isOwnChannel } from '../../watching/channel-pool.js';
import { givenBody, givenBodySchema } from '../given-body.js';
import { previewBytes, previewLength } from '../message-view.js';
import { type Call, route, tailRoute } from '../route.js';
import { count, searchInQuery, time, wholeInQuery } from '../schemas.js';

const tag = 'Channels';
const path = '/channels/{channel}';

const channelSchema = z.object({
  name: z.string(),
  isSharded: z.boolean(),
  subscribers: count.describe('Connections, without those that follow it in this dashboard'),
});

const sharded = {
  sharded: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether it is the sharded channel of this name'),
};

export const channelRoutes = [
  route({
    method: 'get',
    path: '/channels',
    role: 'view',
    summary: 'Channels that have subscribers, without those that redpost itself uses',
    tag,
    query: {
      search: searchInQuery('A part of the name'),
      limit: wholeInQuery(1, 500).default(100),
    },
    answer: z.object({
      channels: z.array(channelSchema),
      found: count,
      total: count.describe('All channels that Redis counts'),
      patterns: count.describe('How many patterns are subscribed to'),
      isListed: z
        .boolean()
        .describe(
          'False where there are more than 10,000, or they may not be read: ask for one by its name',
        ),
      unavailable: z.array(z.string()).describe('What this user of Redis may not read'),
    }),
    everyMs: 3000,
    async handle({ services, rights, query }) {
      const { channels: pool } = services;
      const { channels, ...known } = await pool.directory();
      const part = query.search.toLowerCase();
      const found = (channels ?? [])
        .filter(({ name }) => name.toLowerCase().includes(part) && rights.allows('view', name))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = found.slice(0, query.limit);
      const subscribers = await pool.subscribers(page);
      return {
        ...known,
        channels: page.map((each, at) => ({ ...each, subscribers: subscribers[at] ?? 0 })),
        found: found.length,
        isListed: channels !== undefined,
      };
    },
  }),
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'One channel, whether it has subscribers or not',
    tag,
    query: sharded,
    answer: channelSchema.extend({
      followers: count.describe('How many follow it in this dashboard'),
      rights: z.enum(['view', 'operate', 'destroy']),
    }),
    everyMs: 2000,
    async handle(call) {
      const channel = channelOf(call, call.query.sharded === 'true');
      const { channels } = call.services;
      const [subscribers = 0] = await channels.subscribers([channel]);
      return {
        ...channel,
        subscribers,
        followers: channels.followers(channel),
        rights: call.rights.roleFor(channel.name) ?? 'view',
      };
    },
  }),
  tailRoute({
    path: `${path}/tail`,
    summary: 'Messages that are published from now on, with the beginning of their bodies',
    tag,
    query: sharded,
    item: z.object({
      at: time.describe('When it came, by the clock of the dashboard'),
      kind: z.enum(['message', 'request', 'answer']),
      body: bodySchema,
    }),
    async tail(call) {
      const channel = channelOf(call, call.query.sharded === 'true');
      const { channels, bodies } = call.services;
      const origin = { kind: 'channel' as const, name: channel.name, id: undefined };
      return (signal, came) =>
        channels.follow(channel, signal, (payload) =>
          came(() => {
            const { kind, body } = withoutHead(payload);
            const bytes = body.subarray(0, previewBytes);
            const read = { body: undefined, bytes, bodyBytes: body.length, isRaw: true };
            const shown = bodies.view(read, origin, previewLength);
            return { at: new Date().toISOString(), kind, body: shown };
          }),
        );
    },
  }),
  route({
    method: 'post',
    path: `${path}/publish`,
    role: 'operate',
    summary: 'Publishes a message',
    tag,
    body: {
      body: givenBodySchema,
      sharded: z.boolean().default(false),
      sequenced: z
        .boolean()
        .default(false)
        .describe('Whether the message is numbered, for subscribers that are sequenced'),
    },
    answer: z.object({
      receivers: count.describe(
        'Connections that have received it. In a Cluster, those of one node',
      ),
    }),
    async handle(call) {
      const { body, sharded: isSharded, sequenced } = call.body;
      const channel = channelOf(call, isSharded);
      const bytes = givenBody(body, { isRaw: true }) as Uint8Array;
      const about = { action: 'publish', target: channel.name };
      const publish = () => call.services.channels.publish(channel, bytes, sequenced);
      return { receivers: await call.audited(about, publish, () => 1) };
    },
  }),
];

/** @throws Problem for a channel that redpost itself uses. */
function channelOf(call: Call<unknown, unknown>, isSharded: boolean): ChannelName {
  const name = call.param('channel');
  if (!isOwnChannel(name)) return { name, isSharded };
  throw new Problem(404, `${JSON.stringify(name)} is a channel of redpost itself: it is not shown`);
}

/** Requests and their answers have a line in front of the body: see docs/protocol.md. */
function withoutHead(payload: Buffer) {
  const end = payload.subarray(0, previewBytes).indexOf('\n');
  const head = payload.toString('latin1', 0, Math.max(0, end));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the line begins with one.
  if (/^\x01r\d+,./.test(head))
    return { kind: 'request' as const, body: payload.subarray(end + 1) };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  if (/^\x01a\d+,(ok|error)$/.test(head)) {
    return { kind: 'answer' as const, body: payload.subarray(end + 1) };
  }
  return { kind: 'message' as const, body: payload };
}
