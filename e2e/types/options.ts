// How users write it: compiled by scripts/test-types.mjs, and never run.
import { bytes, connect, exponential, json, msgpack, text } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { PubSub, type PubSubOptions } from '@redpost/pubsub';
import { eventTarget } from '@redpost/pubsub/event-target';
import { GraphQLPubSub } from '@redpost/pubsub/graphql-subscriptions';
import { toEventStream } from '@redpost/pubsub/streams';
import { List, Queue, type QueueOptions } from '@redpost/queue';
import { Topic, type TopicOptions } from '@redpost/topic';
import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { Redis as Valkey, Cluster as ValkeyCluster } from 'iovalkey';
import { z } from 'zod';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Refused unless the types are the same. */
const same = <A, B>(_: Same<A, B>): void => {};
const none = undefined;
const callTimeoutMs = process.env.TIMEOUT === undefined ? undefined : Number(process.env.TIMEOUT);

// Clients of one's own.
const connection = connect(new Redis6(), { callTimeoutMs });
connect(new Cluster6([]));
connect(new Redis5());
connect(new Cluster5([]));
connect(new Valkey());
connect(new ValkeyCluster([]));
// @ts-expect-error: no client.
connect({ callBuffer: 1, duplicate: 2 });

// Channels with schemas.
const channels = { counts: z.object({ n: z.number() }), 'log.*': z.string() };
const declared = new PubSub({ connection, channels });
eventTarget(declared);
new GraphQLPubSub(declared);
eventTarget(new PubSub<string>({ connection })).addEventListener('a', ({ detail }) => {
  same<typeof detail, string>(true);
});
new GraphQLPubSub(new PubSub<string, Date>({ connection }));
declared.publish('counts', { n: 1 });
// @ts-expect-error: another body than the schema's.
declared.publish('counts', 'one');
// @ts-expect-error: not declared.
declared.publish('other', 'one');
// @ts-expect-error: no PubSub.
eventTarget(connection);

// The codec says what the body is.
const blobs = new Queue('blobs', { connection, codec: bytes() });
same<typeof blobs, Queue<Uint8Array>>(true);
blobs.send(Buffer.from('x'));
// @ts-expect-error: bytes only.
blobs.send('x');
const blobTopic = new Topic('blobs', { connection, codec: bytes() });
same<typeof blobTopic, Topic<Uint8Array>>(true);
const blobChannels = new PubSub({ connection, codec: bytes() });
same<typeof blobChannels, PubSub<Uint8Array>>(true);
const blobList = new List('blobs', { connection, codec: bytes() });
same<typeof blobList, List<Uint8Array>>(true);
new Queue<Buffer>('blobs', { connection, codec: bytes() });
new Queue<string>('words', { connection, codec: json() });
new Queue('any', { connection, codec: json() }).send({ anything: 1 });
// @ts-expect-error: a codec for another body.
new Queue<number>('words', { connection, codec: text() });

// With a schema, the codec is for what is sent, and the schema says what is received.
const lengths = z.string().transform((word) => word.length);
const words = new Queue('words', { connection, codec: text(), schema: lengths });
same<typeof words, Queue<number, string>>(true);
const wordTopic = new Topic('words', { connection, codec: text(), schema: lengths });
same<typeof wordTopic, Topic<number, string>>(true);
const wordChannels = new PubSub({ connection, codec: text(), schema: lengths });
same<typeof wordChannels, PubSub<string, number>>(true);
const orders = new Queue('orders', {
  connection,
  codec: json<{ id: string }>(),
  schema: z.object({ id: z.string() }),
});
same<typeof orders, Queue<{ id: string }>>(true);
const orderChannels = new PubSub({
  connection,
  codec: json<{ id: string }>(),
  schema: z.object({ id: z.string() }),
});
same<typeof orderChannels, PubSub<{ id: string }>>(true);
const plain = new Queue('orders', { connection, schema: z.object({ id: z.string() }) });
same<typeof plain, Queue<{ id: string }>>(true);
const raw = new Queue('raw', { connection, codec: bytes(), schema: z.custom<Uint8Array>() });
raw.send(new Uint8Array(1));
// @ts-expect-error: the codec writes no objects.
new Queue('orders', { connection, codec: text(), schema: z.object({ id: z.string() }) });
// @ts-expect-error: the codec writes no objects.
new Topic('orders', { connection, codec: text(), schema: z.object({ id: z.string() }) });
// @ts-expect-error: the codec writes no objects.
new PubSub({ connection, codec: text(), schema: z.object({ id: z.string() }) });

// A schema says the types also beside a codec that names none, or reads more than the schema lets through.
const order = z.object({ id: z.string() });
const anyQueue = new Queue('orders', { connection, codec: json(), schema: order });
same<typeof anyQueue, Queue<{ id: string }>>(true);
const anyTopic = new Topic('orders', { connection, codec: msgpack(), schema: order });
same<typeof anyTopic, Topic<{ id: string }>>(true);
const anyChannels = new PubSub({ connection, codec: json(), schema: order });
same<typeof anyChannels, PubSub<{ id: string }>>(true);
const lengthTopic = new Topic('words', { connection, codec: json(), schema: lengths });
same<typeof lengthTopic, Topic<number, string>>(true);
const lengthChannels = new PubSub({ connection, codec: json(), schema: lengths });
same<typeof lengthChannels, PubSub<string, number>>(true);
const numbers = new Queue('numbers', { connection, codec: text(), schema: z.coerce.number() });
same<typeof numbers, Queue<number, unknown>>(true);
const declaredToo = new PubSub({ connection, codec: json(), channels });
same<typeof declaredToo, PubSub<unknown, unknown, typeof channels>>(true);
declaredToo.publish('counts', { n: 1 });

// Bytes whose schema is a class: since TypeScript 5.7 it is said which buffer they lie in.
const [block, buffer] = [z.instanceof(Uint8Array), z.instanceof(Buffer)];
new Queue('raw', { connection, codec: bytes(), schema: block }).send(new Uint8Array(1));
new Queue('raw', { connection, codec: bytes(), schema: buffer }).send(Buffer.from('a'));
new Topic('raw', { connection, codec: bytes(), schema: block }).publish(new Uint8Array(1));
new Topic('raw', { connection, codec: bytes(), schema: buffer }).publish(Buffer.from('a'));
new PubSub({ connection, codec: bytes(), schema: block }).publish('a', new Uint8Array(1));
new PubSub({ connection, codec: bytes(), schema: buffer }).publish('a', Buffer.from('a'));
new PubSub({ connection, codec: bytes(), channels: { raw: block } }).publish(
  'raw',
  new Uint8Array(1),
);

// Options that somebody else has put together.
function open<T>(ofQueue: QueueOptions<T>, ofTopic: TopicOptions<T>, of: PubSubOptions<T>) {
  const opened = {
    queue: new Queue('q', ofQueue),
    topic: new Topic('t', ofTopic),
    all: new PubSub(of),
  };
  same<typeof opened, { queue: Queue<T>; topic: Topic<T>; all: PubSub<T> }>(true);
}
open({ connection, codec: json<string>() }, { connection }, { connection, schema: z.string() });
// @ts-expect-error: without a schema, nothing says that what is read are words.
new Queue<string>('words', { connection, codec: json<unknown>() });
// @ts-expect-error: without a schema, nothing says that what is read are words.
new Topic<string>('words', { connection, codec: json<unknown>() });
// @ts-expect-error: without a schema, nothing says that what is read are words.
new PubSub<string>({ connection, codec: json<unknown>() });

// Every option takes `undefined`.
connect('redis://127.0.0.1', {
  callTimeoutMs: none,
  keepAliveMs: none,
  connectTimeoutMs: none,
  name: none,
  credentials: none,
  tls: none,
});
startRedis({
  dir: none,
  persistence: none,
  args: none,
  binary: none,
  port: none,
  startTimeoutMs: none,
  signal: none,
});
exponential({ initialMs: none, factor: none, maxMs: none, jitter: none });
connection.call('PING', [], { timeoutMs: none, replicas: none, line: none });
connection.block((ms) => ['BLPOP', 'a', ms], { timeoutMs: none, signal: none, onReply: none });

const consume = {
  leaseMs: none,
  heartbeat: none,
  maxBlockedMs: none,
  order: none,
  maxAttempts: none,
  concurrency: none,
  backoff: none,
  signal: none,
};
const queue = new Queue<string>('q', {
  connection,
  codec: none,
  schema: none,
  sendTimeoutMs: none,
  maxMessageBytes: none,
  replicas: none,
  consume,
});
const sending = {
  id: none,
  headers: none,
  delayMs: none,
  at: none,
  ttlMs: none,
  bare: none,
  replicas: none,
};
queue.send('a', sending);
queue.sendBatch([{ body: 'a', ...sending }]);
queue
  .consume(async (delivery) => delivery.retry({ delayMs: none }), consume)
  .stop({ timeoutMs: none });
queue.receive({ timeoutMs: none, signal: none });
queue.deliveries({ signal: none });
queue.schedules.set('daily', {
  cron: '@daily',
  everyMs: none,
  timeZone: none,
  body: 'a',
  from: none,
  until: none,
  limit: none,
  missed: none,
  overlap: none,
  jitterMs: none,
  headers: none,
  priority: none,
  key: none,
  ttlMs: none,
});
// @ts-expect-error: another body than the queue's.
queue.schedules.set('daily', { cron: '@daily', body: 7 });
queue.deadLetters.list({ limit: none, after: none, filter: none });
queue.history.list({ limit: none, id: none, outcome: none, signal: none });
queue.history.set({ maxLength: none, maxAgeMs: none, bodies: none });
queue.series({ by: none, from: none, to: none });
queue.find('a', { signal: none, maxScanned: none, onProgress: none });
queue.update('a', { body: 'b', delayMs: none, priority: none });
queue.deadLetters.groups({ filter: none, limit: none, signal: none, onProgress: none });
queue.deadLetters.redrive({
  entries: none,
  filter: none,
  to: none,
  map: none,
  ratePerSecond: none,
  signal: none,
  onProgress: none,
});
const list = new List<string>('l', { connection, codec: none });
list.blmove(list, { from: none, to: none, timeoutMs: none, signal: none });

const pubsub = new PubSub<string>({
  connection,
  codec: none,
  schema: none,
  channels: none,
  sequenced: none,
  sharded: none,
  maxMessageBytes: none,
  maxBuffered: none,
  overflow: none,
});
const subscribing = { maxBuffered: none, overflow: none, onMessage: none, signal: none };
pubsub.subscribe('a', { ...subscribing, group: none }).then((subscription) => {
  subscription.next({ timeoutMs: none, signal: none });
  toEventStream(subscription, { heartbeatMs: none });
});
pubsub.subscribePattern('a*', subscribing);
pubsub.request('a', 'b', { timeoutMs: none, signal: none });
pubsub.respond('a', () => 1, { maxBuffered: none, group: none, concurrency: none, signal: none });
eventTarget(pubsub, { onError: none });
new GraphQLPubSub(pubsub).subscribe('a', () => {}, { pattern: none });

const topic = new Topic<string>('t', {
  connection,
  codec: none,
  schema: none,
  retention: { maxLength: none, maxAgeMs: none, whenAcknowledged: none },
  deduplication: { windowMs: none, maxIds: none },
  partitions: none,
  maxMessageBytes: none,
  replicas: none,
  publishTimeoutMs: none,
});
topic.publish('a', { key: none, headers: none, id: none });
topic.read({ from: none, signal: none, partition: none, onTrimmed: none });
const consuming = {
  concurrency: none,
  leaseMs: none,
  heartbeat: none,
  maxBlockedMs: none,
  maxAttempts: none,
  backoff: none,
  signal: none,
};
const group = topic.group('g', { from: none });
group
  .consume(async (delivery) => delivery.retry({ delayMs: none }), consuming)
  .stop({ timeoutMs: none });
group.deadLetters.list({ limit: none, after: none });
group.deadLetters.redrive({ entries: none });
const { maxAttempts: _, ...forwarding } = consuming;
topic.forward(queue, { ...forwarding, group: none });
