import { type Connection, connect, decodeOnly, json, type Schema } from '@redpost/core';
import BeeQueue from 'bee-queue';
import * as six from 'bullmq';
import * as five from 'bullmq5';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Flow, Queue } from '../src/index.js';
import { moveFromBullMQ } from '../src/move/index.js';
import { openConnection, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** What a system keeps beside a list, and the name of that list. */
type Maker = (connection: Connection, unique: string) => Promise<string>;

const lists: Record<string, Maker> = {
  'a queue of BullMQ 5 under a prefix of its own': (_, unique) =>
    ofBullMQ(five.Queue as unknown as typeof six.Queue, unique, 'wait'),
  'a queue of BullMQ 6 under a prefix of its own': (_, unique) =>
    ofBullMQ(six.Queue, unique, 'active'),
  'a queue of Bee-Queue under a prefix of its own': async (_, unique) => {
    const settings = { redis: { port: redisPort() }, prefix: unique, isWorker: false };
    const queue = new BeeQueue('mails', { ...settings, getEvents: false });
    await queue.createJob({}).save();
    await queue.close();
    return `${unique}:mails:waiting`;
  },
  'a queue of Sidekiq': async (connection, unique) => {
    await connection.call('SADD', ['queues', unique]);
    return `queue:${unique}`;
  },
  'a queue of Sidekiq in a namespace': async (connection, unique) => {
    await connection.call('SADD', [`${unique}:queues`, 'a:b']);
    return `${unique}:queue:a:b`;
  },
  'a queue of Laravel with a job that is due later': async (connection, unique) => {
    await connection.call('ZADD', [`${unique}_queues:default:delayed`, 1, '{}']);
    return `${unique}_queues:default`;
  },
  'a queue of Celery': async (connection, unique) => {
    await connection.call('SADD', [
      `_kombu.binding.${unique}`,
      `${unique}\x06\x16\x06\x16${unique}`,
    ]);
    return unique;
  },
  'a priority of a queue of Celery': async (connection, unique) => {
    await connection.call('SADD', [
      `_kombu.binding.${unique}`,
      `${unique}\x06\x16\x06\x16${unique}`,
    ]);
    return `${unique}\x06\x163`;
  },
};

function redisPort(): number {
  return Number(new URL(redis.url).port);
}

/** The list of a queue of BullMQ that never had a job. */
async function ofBullMQ(Queue: typeof six.Queue, prefix: string, list: string) {
  const queue = new Queue('mails', { connection: { port: redisPort() }, prefix });
  await queue.waitUntilReady();
  await eventually(async () => (await queue.getVersion()) !== null);
  await queue.close();
  return `${prefix}:mails:${list}`;
}

it.each(Object.entries(lists))(
  'nothing is sent to or taken from the list of %s',
  async (_, make) => {
    const connection = openConnection(redis.url);
    const name = await make(connection, uniqueName());
    const before = await connection.call('LLEN', [name]);
    const queue = new Queue<string>(name, { connection });
    onTestFinished(() => queue.close());
    const member = async () => {
      const flow = await Flow.open({ connection, then: { queue: redis.queue(), body: 'a' } });
      await flow.send(queue, 'a');
    };
    const calls = {
      send: () => queue.send('a'),
      'send later': () => queue.send('a', { delayMs: 10 }),
      request: () => queue.request('a'),
      receive: () => queue.receive(),
      schedule: () => queue.schedules.set('s', { everyMs: 1000, body: 'a' }),
      'begin a flow': () => Flow.open({ connection, then: { queue, body: 'a' } }),
      'send a member of a flow': member,
    };
    queue.on('error', () => {});
    for (const [call, use] of Object.entries(calls)) {
      expect(await rejection(use()), call).toMatchObject({
        code: 'NAME_TAKEN',
        outcome: 'not-executed',
        retryable: false,
        queue: name,
        message: expect.stringContaining(`The queue ${JSON.stringify(name)} cannot be used`),
      });
    }
    const [sent] = await queue.sendBatch([{ body: 'a' }]);
    expect(sent).toMatchObject({ status: 'failed', error: { code: 'NAME_TAKEN' } });
    expect(await connection.call('LLEN', [name])).toBe(before);
    // Only who waits for an answer was noted, for a while.
    const kept = (await connection.call('KEYS', [`{${name}}*`])) as Buffer[];
    expect(kept.map(String).filter((key) => !key.includes('}:waiting:'))).toEqual([]);
  },
);

it('a consumer of a list of another system says so once in a few seconds, and begins when the system is gone', async () => {
  const name = uniqueName();
  const connection = openConnection(redis.url);
  await connection.call('SADD', [`_kombu.binding.${name}`, 'x']);
  await connection.call('LPUSH', [name, '"a"']);
  const queue = new Queue<string>(name, { connection });
  onTestFinished(() => queue.close());
  const bodies: string[] = [];
  const consumer = queue.consume(async ({ body }) => void bodies.push(body));
  const errors: Error[] = [];
  consumer.on('error', (error) => void errors.push(error));
  await eventually(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: 'NAME_TAKEN', system: 'Celery' });
  expect(await connection.call('LLEN', [name])).toBe(1);

  await connection.call('DEL', [`_kombu.binding.${name}`]);
  await eventually(() => bodies.length === 1);
  expect(errors.length).toBe(1);
});

it('a message that is sent with an acknowledgement is not sent to a list of another system', async () => {
  const { connection, name } = redis.queue<string>();
  await connection.call('SADD', [`_kombu.binding.${name}`, 'x']);
  const celery = new Queue<string>(name, { connection });
  const from = redis.queue<string>();
  await from.send('a');
  const delivery = await from.receive();
  const acked = Promise.resolve(delivery?.ack({ send: [{ queue: celery, body: 'b' }] }));
  expect(await rejection(acked)).toMatchObject({ code: 'NAME_TAKEN' });
  await delivery?.ack();
  expect(await connection.call('EXISTS', [name])).toBe(0);
});

it('jobs are not moved to a list of another system', async () => {
  const { connection, name } = redis.queue<string>();
  await connection.call('SADD', [`_kombu.binding.${name}`, 'x']);
  const from = new six.Queue(uniqueName(), { connection: { port: redisPort() } });
  onTestFinished(() => from.close());
  await from.add('mail', {});
  const to = new Queue<unknown>(name, { connection });
  expect(await rejection(moveFromBullMQ(from.name, to, { connection }))).toMatchObject({
    code: 'NAME_TAKEN',
  });
  expect(await from.getWaitingCount()).toBe(1);
});

it('a list of another system can be looked at, paused, and consumed by those who cannot send to it', async () => {
  const name = uniqueName();
  const connection = openConnection(redis.url);
  await connection.call('SADD', [`_kombu.binding.${name}`, 'x']);
  await connection.call('LPUSH', [name, '"a"']);
  const shown = new Queue<string>(name, { connection });
  expect(await shown.peek()).toMatchObject([{ body: 'a' }]);
  expect((await shown.stats()).pending).toBe(1);
  await shown.pause();
  await shown.resume();

  const foreign = new Queue<string>(name, { connection, codec: decodeOnly(json<string>()) });
  const bodies: string[] = [];
  const consumer = foreign.consume(async ({ body }) => {
    bodies.push(body);
  });
  await eventually(() => bodies.length === 1);
  await consumer.stop();
});

it('names of the same forms are free where no other system has them', async () => {
  const connection = openConnection(redis.url);
  const unique = uniqueName();
  const names = [`${unique}:wait`, `queue:${unique}`, `${unique}queues:a`, `${unique}\x06\x163`];
  // Keys of the same names that are something else.
  await connection.call('SET', [`${unique}:meta`, 'text']);
  for (const name of names) {
    const queue = new Queue<string>(name, { connection });
    onTestFinished(() => queue.close());
    await Promise.all([queue.send('a'), queue.send('b')]);
    expect((await queue.receive())?.body).toBe('a');
  }
});

it('sends that begin before Redis has answered the first question keep their order', async () => {
  for (let round = 0; round < 10; round++) {
    // While it connects, some calls wait and others do not.
    const queue = redis.queue<number>();
    const sent: Promise<string>[] = [];
    for (let n = 0; n < 80; n++) {
      sent.push(queue.send(n));
      if (n % 2 === 1) await new Promise(setImmediate);
    }
    await Promise.all(sent);
    const messages = await queue.peek(1000);
    expect(messages.map(({ body }) => body)).toEqual([...Array(80).keys()]);
  }
});

it('a member whose body does not fit, and a schema that answers later, reject only once', async () => {
  const schema: Schema<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async () => ({ issues: [{ message: 'no number' }] }),
    },
  };
  const connection = openConnection(redis.url);
  const queue = new Queue(uniqueName(), { connection, schema });
  const refused = Flow.open({ connection, then: { queue, body: 1 } });
  expect(await rejection(refused)).toMatchObject({ code: 'VALIDATION' });
});

it('a user of its own is not asked for keys of Celery, and may be denied those of others', async () => {
  const admin = openConnection(redis.url);
  const [user, name] = [uniqueName(), `${uniqueName()}:wait`];
  const rules = ['on', '>secret', `~${name}`, `~{${name}}:*`, '+@all', '&*'];
  await admin.call('ACL', ['SETUSER', user, ...rules]);
  const url = new URL(redis.url);
  Object.assign(url, { username: user, password: 'secret' });
  const connection = connect(url.href);
  onTestFinished(async () => {
    await connection.close();
    await admin.call('ACL', ['DELUSER', user]);
  });
  expect([connection.username, admin.username]).toEqual([user, undefined]);
  const queue = new Queue<string>(name, { connection });
  await queue.send('a');
  expect((await queue.stats()).pending).toBe(1);
  const log = String(await admin.call('ACL', ['LOG']));
  expect(log).toContain(`${name.slice(0, -5)}:meta`);
  expect(log).not.toContain(`_kombu.binding.${name}`);
});
