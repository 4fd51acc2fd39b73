import { type Connection, ConnectionError, isRedpostError, type Reply } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';
import {
  type Consumer,
  Flow,
  listQueues,
  type PauseConsumerOptions,
  type PauseKeyOptions,
  type PauseOptions,
  Queue,
  RateLimiter,
  Scheduler,
} from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** The context in which a part of redpost runs: as a user of its own, beside one with all permissions. */
interface Place {
  connection: Connection;
  admin: Connection;
  /** Gets errors in the background. */
  failed(error: Error): void;
  /** Resolves when `probe` is truthy; rejects at the first failure. */
  until(probe: () => unknown): Promise<void>;
}

/** Does everything once that its user has to be allowed. */
export type Part = (place: Place) => Promise<void>;

/** By the names of the users in docs/security.md. */
export const parts: Record<string, Part> = {
  async producer({ connection }) {
    await using queue = new Queue('emails', { connection });
    await queue.send('now');
    await queue.send('known', { id: 'known', headers: { trace: 'a' } });
    await queue.send('bare', { bare: true });
  },

  async 'delaying-producer'({ connection }) {
    await using queue = new Queue('emails', { connection });
    await queue.send('now');
    await queue.send('later', { delayMs: 60_000 });
    await queue.send('soon', { ttlMs: 60_000 });
  },

  async 'placing-producer'({ connection, admin }) {
    await using queue = new Queue('emails', { connection });
    await queue.send('later', { delayMs: 60_000 });
    await queue.send('soon', { ttlMs: 60_000 });
    await sendEverywhere(queue);
    await afterIdleness(queue, admin);
  },

  async 'bounded-producer'({ connection, admin }) {
    const maxLength = { count: 2, whenFull: 'drop-oldest' } as const;
    await using queue = new Queue('emails', { connection, maxLength });
    await queue.send('now');
    await queue.send('later', { delayMs: 60_000 });
    await queue.send('instead', { ttlMs: 60_000 });
    await admin.call('DEL', ['emails']);
    await using roomy = new Queue('emails', { connection, maxLength: { count: 100 } });
    await sendEverywhere(roomy);
    await afterIdleness(roomy, admin);
  },

  async 'once-producer'({ connection, admin, until }) {
    await using queue = new Queue('emails', { connection });
    await queue.send('later', { delayMs: 60_000 });
    await sendEverywhere(queue);
    const once = { key: 'a', until: 'done' } as const;
    await queue.send('once', { once });
    await queue.send('again', { once });
    await queue.send('window', { once: { key: 'b', until: 60_000 }, ttlMs: 60_000 });
    await queue.send('while a window is open', { once: { key: 'c', until: 'done' } });
    await queue.send('throttled', { throttle: { key: 'a', ms: 1000 } });
    const debounce = { key: 'a', ms: 60_000 };
    await queue.send('debounced', { debounce });
    await queue.send('replaced', { debounce });
    await queue.send('due', { debounce: { key: 'b', ms: 1 } });
    await until(async () => {
      const [due] = (await admin.call('ZRANGE', ['{emails}:debounced', 0, 0])) as Buffer[];
      const [seconds] = (await admin.call('TIME', [])) as Buffer[];
      const score = await admin.call('ZSCORE', ['{emails}:debounced', String(due)]);
      return Number(score) < 1000 * Number(seconds);
    });
    await queue.send('next', { debounce: { key: 'b', ms: 60_000 } });
    await afterIdleness(queue, admin);
  },

  async consumer(place) {
    const { admin, failed, until } = place;
    const connection = losingAHandOver(place.connection);
    await admin.call('ZADD', ['{emails}:consumers', 1, 'dead']);
    await admin.call('HSET', ['{emails}:active:dead', 1, '"dead"', 2, crashing]);
    const declaring = new Queue('emails', { connection: admin });
    await declaring.deadLetters.setBounds({ maxLength: 1 });
    await declaring.history.set({ maxLength: 1 });
    const queue = new Queue<string>('emails', { connection });
    const handled: string[] = [];
    const consumer = queue.consume(
      ({ body, attempt }) => {
        handled.push(body);
        if (body === 'hangs') return new Promise<void>(() => {});
        if (body === 'bad' || attempt < (attempts[body] ?? 0)) throw new Error('again');
        return undefined;
      },
      { maxAttempts: 3, backoff: (attempt) => (attempt === 1 ? 0 : 5), leaseMs: 1000 },
    );
    consumer.on('error', failed);
    await until(() => handled.includes('dead'));
    await admin.call('LPUSH', ['emails', '"bad"', '"thrice"']);
    await until(() => handled.filter((body) => body === 'thrice').length === 3);
    for (const body of ['a', 'b', 'c']) {
      await waiting(place);
      await admin.call('LPUSH', ['emails', JSON.stringify(body)]);
      await until(() => handled.includes(body));
    }
    await waiting(place);
    await pauseForAWhile(place, consumer);
    await limitForAWhile(place, () => handled.includes('limited'));
    await placesForAWhile(place, handled);
    await keepResults(place);
    await consumer.stop();

    await admin.call('LPUSH', ['emails', '"hangs"', '"waits"']);
    const hanging = queue.consume(() => new Promise(() => {}), { concurrency: 2 });
    hanging.on('error', failed);
    await until(async () => (await admin.call('LLEN', ['emails'])) === 0);
    await hanging.stop({ timeoutMs: 0 });
    await queue.close();
  },

  async 'flow-consumer'(place) {
    const { connection, failed, until } = place;
    await using emails = new Queue<string>('emails', { connection });
    await using audit = new Queue<string>('audit', { connection });
    const then = { queue: audit, body: 'end' };
    const flow = await Flow.open({ connection, then, results: true });
    const inner = await Flow.open({ connection, then, memberOf: flow });
    await flow.send(emails, 'a');
    await inner.send(emails, 'b');
    await inner.close();
    await flow.close();
    const ended: string[] = [];
    const consumers = [
      emails.consume((delivery) => delivery.body),
      audit.consume(({ flowEnd }) => void ended.push(flowEnd?.id ?? '')),
    ];
    for (const consumer of consumers) consumer.on('error', failed);
    await until(() => ended.length === 2);
    for await (const _ of flow.results()) break;
    for (const consumer of consumers) await consumer.stop();
    await parts.consumer?.(place);
  },

  async 'forwarding-consumer'(place) {
    const { connection, admin, failed, until } = place;
    await using queue = new Queue<string>('emails', { connection });
    await using audit = new Queue<string>('audit', { connection });
    await using theirs = new Queue<string>('audit', { connection: admin });
    const consumer = queue.consume((delivery) => {
      const to = { queue: audit, body: delivery.body };
      return delivery.ack({
        send: [
          to,
          { ...to, delayMs: 60_000, ttlMs: 90_000 },
          { ...to, priority: 9, keepResultMs: 1000 },
          ...['a', 'keyed', 'keyed'].map((key) => ({ ...to, key })),
        ],
      });
    });
    consumer.on('error', failed);
    await admin.call('LPUSH', ['emails', '"x"']);
    await until(async () => (await theirs.stats()).pending === 5);
    // A consumer has found nothing; one key is paused, and another one is busy.
    await admin.call('SET', ['{audit}:idle', 1]);
    await admin.call('HSET', ['{audit}:shape', 'key_pauses', 1, 'paused_key:a', 1]);
    await admin.call('HSET', ['{audit}:busy', 'keyed', '1:0']);
    await admin.call('LPUSH', ['emails', '"y"']);
    await until(async () => (await theirs.stats()).pending === 10);
    await consumer.stop();
    await parts.consumer?.(place);
  },

  async inspector({ connection, admin }) {
    await fillQueue(admin);
    const queue = new Queue('emails', { connection });
    await queue.stats();
    await queue.stats({ key: 'k' });
    await queue.consumers();
    await listQueues(connection);
    await queue.keys();
    await queue.keys({ by: 'age' });
    await queue.peek();
    await queue.limits.get();
    await queue.deadLetters.count();
    await queue.deadLetters.list({ filter: { reason: 'failed' } });
    await queue.history.list();
    await queue.history.settings();
    await queue.series();
    await queue.deadLetters.groups();
    await queue.deadLetters.bounds();
    await queue.schedules.list();
    await queue.result('nowhere');
    const then = { queue: new Queue('emails', { connection: admin }), body: 'go on' };
    await Flow.open({ connection: admin, then });
    for await (const flow of Flow.list({ connection, queue: 'emails' })) {
      await flow.status();
      await flow.continuation();
      await flow.pendingByQueue();
      for await (const _ of flow.results());
    }
  },

  async 'queue-requester'({ connection, admin }) {
    await using queue = new Queue('emails', { connection });
    await using worker = new Queue('emails', { connection: admin });
    const consumer = worker.consume(() => 'answer');
    await queue.request('x');
    await queue.request('later', { delayMs: 1 });
    await consumer.stop();
  },

  async scheduler({ connection, admin, failed, until }) {
    await using queue = new Queue('emails', { connection: admin });
    await queue.send('delayed', { delayMs: 1 });
    await queue.send('debounced', { debounce: { key: 'a', ms: 1 } });
    await using scheduler = new Scheduler({ connection, queues: ['emails'] });
    scheduler.on('error', failed);
    const every = { everyMs: 20, limit: 2, body: 'tick' } as const;
    for (const place of [{}, { key: 'keyed' }, { priority: 9 }, { overlap: 'skip' }] as const) {
      await queue.schedules.set(JSON.stringify(place), { ...every, ...place });
    }
    await until(async () => (await queue.stats()).pending === 9);
    await admin.call('SET', ['{emails}:idle', 1]);
    await queue.schedules.set('later', { ...every, jitterMs: 20, priority: 9, ttlMs: 60_000 });
    await until(async () => (await queue.stats()).pending === 11);
  },

  async operator({ connection, admin }) {
    await fillQueue(admin);
    const { deadLetters, ...queue } = ends(new Queue('emails', { connection }));
    for (const key of ['keyed', 'other']) {
      const held = queue.pauseKey(key, { timeoutMs: 0 });
      await held.catch((error) => refuseUnless(error, 'UNCONFIRMED'));
    }
    await admin.call('SET', ['{emails}:idle', 1]);
    await queue.resumeKey('keyed');
    const unconfirmed = queue.pause({ timeoutMs: 0 });
    await unconfirmed.catch((error) => refuseUnless(error, 'UNCONFIRMED'));
    await queue.resume();
    await admin.call('ZADD', ['{emails}:consumers', 1e13, 'silent']);
    const unheard = queue.pauseConsumer('silent', { timeoutMs: 0 });
    await unheard.catch((error) => refuseUnless(error, 'UNCONFIRMED'));
    await queue.resumeConsumer('silent');
    await deadLetters.setBounds({ maxLength: 3 });
    await queue.schedules.set('s', { everyMs: 60_000, overlap: 'skip', body: 1 });
    await queue.schedules.runNow('s');
    await queue.schedules.pause('s');
    await queue.schedules.resume('s');
    await queue.schedules.remove('s');
    const unlimited = queue.limits.set({ concurrency: 5 }, { timeoutMs: 0 });
    await unlimited.catch((error) => refuseUnless(error, 'UNCONFIRMED'));
    await queue.limits.clear();
    await deadLetters.redrive({ filter: { reason: 'none' } });
    await deadLetters.redrive();
    await deadLetters.remove(['1-1']);
    await deadLetters.purge();
    await queue.purge();
    await fillQueue(admin);
    await queue.destroy();
  },

  async 'moving-operator'(place) {
    const { connection, admin } = place;
    await fillQueue(admin);
    const kept = '\x011{"result":60000,"id":"kept"}\n"kept"';
    const fields = ['reason', 'r', 'error', '', 'element', kept];
    await admin.call('XADD', ['{emails}:dead', '*', ...fields]);
    await using queue = new Queue('emails', { connection });
    await using audit = new Queue('audit', { connection });
    await admin.call('SET', ['{audit}:idle', 1]);
    await queue.deadLetters.redrive({ to: audit });
    await admin.call('DEL', ['{emails}:consumers']);
    await parts.operator?.(place);
  },

  async canceller({ connection, admin }) {
    await fillQueue(admin);
    await admin.call('SET', ['{emails}:idle', 1]);
    await using full = new Queue('emails', { connection: admin });
    const id = 'to be cancelled';
    await admin.call('HSET', ['{emails}:shape', 'concurrency', 10]);
    await full.send('failed', { id: 'failed', key: 'waits' });
    await full.send('next', { id: 'next', key: 'waits' });
    await admin.call('ZREM', ['{emails}:ready', 'waits']);
    await admin.call('ZADD', ['{emails}:later', 1e15, 'waits']);
    await admin.call('HSET', ['{emails}:shape', 'key_pauses', 1]);
    const delivery = await full.receive();
    await using queue = new Queue('emails', { connection });
    if (delivery) await queue.cancel(delivery.id);
    await queue.cancel('failed');
    await queue.cancel('next');
    const places = [
      {},
      { priority: 9 },
      { delayMs: 60_000 },
      { debounce: { key: 'd', ms: 60_000 } },
      { once: { key: 'c', until: 'done' as const } },
      { keepResultMs: 60_000 },
    ];
    for (const options of places) {
      await full.send('x', { id, ...options });
      await queue.find(id);
      await queue.update(id, { body: 'y' });
      await queue.cancel(id);
    }
    for (const options of [{}, { delayMs: 60_000 }, { priority: 9 }]) {
      await full.send('x', { id, ...options });
      await queue.update(id, { priority: 8 });
      await queue.update(id, { priority: 4 });
      await queue.update(id, { delayMs: 60_000 });
      await queue.update(id, { delayMs: 0 });
      await queue.cancel(id);
    }
    await admin.call('LPUSH', ['{emails}:handoff:gone', `\x011{"id":"${id}"}\n1`]);
    await admin.call('ZADD', ['{emails}:consumers', 1, 'gone']);
    await queue.cancel(id);
    // One of a batch of its key.
    await admin.call('HSET', ['{emails}:active:c', 2, `\x011{"key":"keyed","id":"${id}"}\n1`]);
    await admin.call('HSET', ['{emails}:labels:c', '2', 'b2:keyed']);
    await queue.cancel(id);
    await queue.cancel('nowhere');
  },

  async 'rate-limiter'({ connection }) {
    const limiter = new RateLimiter('mail-api', { connection, max: 2, perMs: 10 });
    await Promise.all([limiter.acquire(), limiter.acquire(), limiter.tryAcquire()]);
    await limiter.reset();
  },

  async publisher({ connection }) {
    const pubsub = new PubSub({ connection });
    await pubsub.publish('news', 1);
    await Promise.all([pubsub.publish('news', 1), pubsub.publish('news', 2)]);
    await pubsub.close();
  },

  async subscriber({ connection, admin, failed }) {
    await using pubsub = new PubSub({ connection });
    const subscription = await pubsub.subscribe('news');
    subscription.on('error', failed);
    await admin.call('PUBLISH', ['news', '1']);
    await subscription.next({ timeoutMs: 5000 });
    await subscription.close();
  },

  async 'pattern-subscriber'({ connection, admin, failed }) {
    await using pubsub = new PubSub({ connection });
    const subscription = await pubsub.subscribePattern('news.*');
    subscription.on('error', failed);
    await admin.call('PUBLISH', ['news.today', '1']);
    await subscription.next({ timeoutMs: 5000 });
    await subscription.close();
  },

  async 'group-subscriber'({ connection, admin, failed }) {
    await using pubsub = new PubSub({ connection });
    const subscription = await pubsub.subscribe('news', { group: 'g' });
    subscription.on('error', failed);
    await admin.call('PUBLISH', ['news', '1']);
    await subscription.next({ timeoutMs: 5000 });
    await subscription.close();
  },

  async requester({ connection, admin }) {
    await using theirs = new PubSub({ connection: admin });
    await theirs.respond('rpc', (body) => body);
    await using pubsub = new PubSub({ connection });
    await pubsub.request('rpc', 1);
    await Promise.all([pubsub.request('rpc', 1), pubsub.request('rpc', 2)]);
  },

  async responder({ connection, admin, failed }) {
    await using pubsub = new PubSub({ connection });
    const responder = await pubsub.respond('rpc', (body) => body);
    responder.on('error', failed);
    await using theirs = new PubSub({ connection: admin });
    await theirs.request('rpc', 1, { timeoutMs: 5000 });
    const both = [1, 2].map((body) => theirs.request('rpc', body, { timeoutMs: 5000 }));
    await Promise.all(both);
  },

  async 'topic-publisher'({ connection, admin, failed }) {
    await admin.call('XGROUP', ['CREATE', 'events', 'g', '0', 'MKSTREAM']);
    const retention = { maxLength: 100, maxAgeMs: 60_000 };
    const topic = new Topic<number>('events', {
      connection,
      retention,
      deduplication: { maxIds: 1 },
    });
    topic.on('error', (error) => {
      if (!error.message.startsWith('Retention removed')) failed(error);
    });
    const numbers = Array.from({ length: 400 }, (_, body) => ({ body }));
    await topic.publishBatch(numbers);
    for (const id of ['a', 'b', 'c']) await topic.publish(1, { id, key: 'k' });
    await topic.publishBatch(numbers);
    await topic.close();
  },

  async 'topic-reader'(place) {
    const { connection, admin, failed } = place;
    const topic = new Topic<number>('events', { connection });
    topic.on('error', failed);
    const stop = new AbortController();
    const records = topic.read({ from: 'latest', signal: stop.signal })[Symbol.asyncIterator]();
    const first = records.next();
    first.catch(failed);
    await waiting(place, 'xread');
    await admin.call('XADD', ['events', '*', 'body', '1']);
    await first;
    const second = records.next().catch(failed);
    await waiting(place, 'xread');
    stop.abort();
    await second;
    const all = topic.read({ from: 'beginning' })[Symbol.asyncIterator]();
    await all.next();
    await all.return?.();
    await topic.close();
  },

  async 'topic-member'(place) {
    const { connection, admin, failed, until } = place;
    const topic = new Topic<string>('events', { connection });
    topic.on('error', failed);
    const group = topic.group('g', { from: 'beginning' });
    await admin.call('XGROUP', ['CREATE', 'events', 'g', '0', 'MKSTREAM']);
    for (const body of ['dies', 'dies too']) {
      await admin.call('XADD', ['events', '*', 'body', JSON.stringify(body)]);
    }
    const readAs = (consumer: string, count: number) =>
      admin.call('XREADGROUP', ['GROUP', 'g', consumer, 'COUNT', count, 'STREAMS', 'events', '>']);
    await readAs('dead', 9);
    await admin.call('ZADD', ['{events}:consumers:g', 1, 'dead']);
    const handled: string[] = [];
    const consumer = group.consume(
      ({ body, attempt }) => {
        handled.push(body);
        if (body === 'bad' || attempt < (attempts[body] ?? 0)) throw new Error('again');
      },
      { maxAttempts: 3, backoff: () => 5, leaseMs: 1000 },
    );
    consumer.on('error', failed);
    await until(() => handled.includes('dies too'));
    for (const body of ['bad', 'thrice', 'a']) {
      await admin.call('XADD', ['events', '*', 'body', JSON.stringify(body)]);
    }
    await until(() => handled.filter((body) => body === 'thrice').length === 3);
    await until(async () => (await group.deadLetters.count()) === 1);
    const leases = ['{events}:consumers:g', 0, -1, 'WITHSCORES'];
    const taken = String(await admin.call('ZRANGE', leases));
    await until(async () => String(await admin.call('ZRANGE', leases)) !== taken);
    await waiting(place, 'xread');
    await consumer.stop();
    await group.deadLetters.list();
    await group.deadLetters.redrive();
    await group.deadLetters.remove(['0:1-1']);
    await group.deadLetters.purge();
    await group.seek('beginning');
    await readAs('other', 1);
    await group.lag();
    await topic.close();
  },

  async 'topic-operator'({ connection, admin }) {
    await admin.call('XGROUP', ['CREATE', 'events', 'g', '0', 'MKSTREAM']);
    const topic = new Topic<string>('events', { connection });
    await topic.partitions.set(2);
    await topic.destroy();
    await topic.close();
  },
};

/** The text in the message of an error that belongs to the test. */
export const intended = 'as this test wants it';

/** How often a message is delivered before it succeeds. */
const attempts: Record<string, number> = { thrice: 3, 'keyed thrice': 3 };

/** The element of a message that has had its last attempt when its consumer dies. */
const crashing = '\x011{"attempt":9,"suspect":1,"id":"crashing"}\n"crashing"';

/** Elements of messages with a key and with a priority. */
const keyed = '\x011{"key":"keyed","id":"keyed"}\n"keyed"';
const ranked = '\x011{"priority":9,"id":"ranked"}\n"ranked"';
const once = '\x011{"once":"done:dead","id":"once"}\n"once"';

/** Messages of other priorities, of keys and without either. */
async function sendEverywhere(queue: Queue): Promise<void> {
  const keys = ['a', 'keyed', 'keyed', 'other'];
  await queue.sendBatch([
    ...keys.map((key) => ({ body: 'keyed', key })),
    ...[0, 4, 9].map((priority) => ({ body: 'ranked', priority })),
  ]);
}

/** Sends when a consumer has found nothing, and a key whose pause is over and one that is busy. */
async function afterIdleness(queue: Queue, admin: Connection): Promise<void> {
  await admin.call('SET', ['{emails}:idle', 1]);
  await admin.call('HSET', ['{emails}:shape', 'key_pauses', 1, 'paused_key:paused', 1]);
  await admin.call('HSET', ['{emails}:busy', 'busy', '1:0']);
  for (const key of ['paused', 'busy']) await queue.send('keyed', { key });
}

async function fillQueue(admin: Connection): Promise<void> {
  await admin.call('LPUSH', ['emails', '1']);
  await admin.call('ZADD', ['{emails}:consumers', 1e15, 'c']);
  for (const element of ['1', '2', keyed, ranked, once]) {
    const fields = ['reason', 'r', 'error', '', 'element', element];
    await admin.call('XADD', ['{emails}:dead', '*', ...fields]);
  }
  await using queue = new Queue('emails', { connection: admin });
  await sendEverywhere(queue);
  // Another of its messages is held, and one is a suspect.
  await admin.call('HSET', ['{emails}:busy', 'keyed', '2:0', 'other', '1:0']);
  await admin.call('HSET', ['{emails}:labels:c', '1', '0:keyed']);
  await admin.call('LPUSH', ['{emails}:suspects', keyed]);
  // Some that are held are sent once.
  await admin.call('HSET', ['{emails}:once', 'a', '"a"', 'b', '"b"']);
  await admin.call('HSET', ['{emails}:onces:c', '1', '1:a"a"']);
  await admin.call('LPUSH', ['{emails}:handoff:c', '\x011{"once":"done:b","id":"b"}\n1']);
  await admin.call('HSET', ['{emails}:shape', 'version', '1', 'paused', 1, 'paused_until', 2]);
}

function ends<Body>(queue: Queue<Body>) {
  return {
    deadLetters: queue.deadLetters,
    pause: (options: PauseOptions) => queue.pause(options),
    resume: () => queue.resume(),
    pauseConsumer: (name: string, options: PauseConsumerOptions) =>
      queue.pauseConsumer(name, options),
    resumeConsumer: (name: string) => queue.resumeConsumer(name),
    pauseKey: (key: string, options: PauseKeyOptions) => queue.pauseKey(key, options),
    resumeKey: (key: string) => queue.resumeKey(key),
    limits: queue.limits,
    schedules: queue.schedules as Queue['schedules'],
    purge: () => queue.purge(),
    destroy: () => queue.destroy(),
  };
}

/** Messages with priorities and keys, which the consumer takes, retries, recovers and makes due. */
async function placesForAWhile({ admin, until }: Place, handled: string[]): Promise<void> {
  await using queue = new Queue('emails', { connection: admin });
  await admin.call('HSET', ['{emails}:active:dead too', 1, keyed, 2, ranked]);
  await admin.call('ZADD', ['{emails}:consumers', 1, 'dead too']);
  await sendEverywhere(queue);
  await queue.send('keyed thrice', { key: 'keyed' });
  await queue.send('keyed later', { key: 'not known before', delayMs: 1 });
  await queue.send('ranked later', { priority: 5, delayMs: 1 });
  await queue.send('bad', { key: 'bad' });
  await queue.send('once', { once: { key: 'a', until: 'done' } });
  await queue.send('bad', { once: { key: 'b', until: 'done' } });
  await queue.send('taken', { once: { key: 'c', until: 'taken' } });
  await queue.send('quiet', { debounce: { key: 'a', ms: 1 }, ttlMs: 60_000 });
  const expected = {
    ...{ keyed: 5, ranked: 4, 'keyed thrice': 3, 'keyed later': 1, 'ranked later': 1 },
    ...{ once: 1, taken: 1, quiet: 1 },
  };
  await until(() =>
    Object.entries(expected).every(
      ([body, count]) => handled.filter((other) => other === body).length >= count,
    ),
  );
}

/** Messages whose results somebody waits for. */
async function keepResults({ admin, until }: Place): Promise<void> {
  await using queue = new Queue('emails', { connection: admin });
  await queue.request('answered');
  await until(async () => (await queue.stats()).pending === 0);
}

/** Limits that the consumer has to comply with. */
async function limitForAWhile({ admin, until }: Place, isHandled: () => boolean): Promise<void> {
  await using queue = new Queue('emails', { connection: admin });
  await queue.limits.set({ concurrency: 5, rate: { max: 5, perMs: 1000 } });
  await queue.send('limited');
  await until(isHandled);
  await queue.limits.clear();
}

/** A pause that the consumer has to put in force, and to end. */
async function pauseForAWhile({ admin, until }: Place, consumer: Consumer<string>): Promise<void> {
  const events: string[] = [];
  consumer.on('paused', () => events.push('paused'));
  consumer.on('resumed', () => events.push('resumed'));
  const [seconds, micros] = (await admin.call('TIME', [])) as Buffer[];
  const untilMs = Math.ceil(Number(seconds) * 1000 + Number(micros) / 1000) + 300;
  await using queue = new Queue('emails', { connection: admin });
  await queue.pause({ untilMs });
  await until(() => events.includes('resumed'));
  const [info] = await queue.consumers();
  await queue.pauseConsumer(info?.consumer ?? '');
  await queue.resumeConsumer(info?.consumer ?? '');
}

function refuseUnless(error: unknown, code: string): void {
  if (!isRedpostError(error, code)) throw error;
}

/** Resolves when a client is blocked in the server. */
async function waiting({ admin, until }: Place, command = 'blmove'): Promise<void> {
  const blocked = new RegExp(`flags=\\w*b\\w* .*cmd=${command}`);
  await until(async () => blocked.test(String(await admin.call('CLIENT', ['LIST']))));
}

/** Loses one answer to the call that reports a message of a blocking move to the server. */
function losingAHandOver(connection: Connection): Connection {
  let hasLost = false;
  const run: Connection['run'] = async (script, input, options) => {
    const isHandOver = (input as { handedOff?: number }).handedOff !== undefined;
    const result = await connection.run(script, input, options);
    if (hasLost || script.name !== 'lease' || !isHandOver) return result;
    hasLost = true;
    throw new ConnectionError(`An answer was lost: ${intended}`, { outcome: 'unknown' });
  };
  return new Proxy(connection, {
    get(target, property) {
      if (property === 'run') return run;
      const value = Reflect.get(target, property, target) as Reply | (() => unknown);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
