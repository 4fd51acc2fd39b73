import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { bytes, connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { freePort } from '../../../tooling/free-port.js';
import { createDashboard } from '../src/index.js';
import { served, useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();

/** What a stream has sent so far, event by event. */
async function follow(url: string) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream' },
    signal: ending.signal,
  });
  const events: string[] = [];
  let isOver = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = parts.pop() ?? '';
      events.push(...parts.filter((part) => !part.startsWith(':')));
    }
  })();
  reading
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  return { response, events, stop: () => ending.abort(), isOver: () => isOver };
}

it('a stream tells of each change once, and says nothing while nothing changes', async () => {
  const queue = dashboards.queue('streamed');
  const { url } = await dashboards.serve();
  const { events, response } = await follow(`${url}/api/queues/streamed`);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  await eventually(() => events.length === 1);
  await queue.send(1);
  await eventually(() => events.length >= 2);
  expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({ pending: 1 });
});

it('while Redis is away a stream says so once, and goes on when it is back', async () => {
  const port = await freePort();
  const first = await startRedis({ port });
  const connection = connect(first.url, { callTimeoutMs: 300 });
  connection.on('error', () => {});
  const dashboard = createDashboard({ connection });
  onTestFinished(async () => {
    await dashboard.close();
    await connection.close();
  });
  const { url } = await served(createServer(dashboard.node));
  const one = await follow(`${url}/api/queues/q`);
  const all = await follow(`${url}/api/queues`);
  await eventually(() => one.events.length > 0 && all.events.length > 0);
  await first.stop();
  for (const { events } of [one, all]) {
    await eventually(() => events.at(-1)?.startsWith('event: problem'));
    expect(events.at(-1)).toContain('"status":503');
  }
  const second = await startRedis({ port });
  onTestFinished(() => second.stop());
  for (const { events } of [one, all]) await eventually(() => events.at(-1)?.startsWith('data: '));
  expect(one.events.filter((event) => event.startsWith('event: problem'))).toHaveLength(1);
});

it('what is published to a topic is followed, and no more of it than somebody can read', async () => {
  const topic = new Topic<number>('followed', { connection: dashboards.connection() });
  onTestFinished(() => topic.close());
  await topic.publish(-1);
  const { url } = await dashboards.serve();
  const { events } = await follow(`${url}/api/topics/followed/tail`);
  await eventually(async () => {
    await topic.publish(0);
    return events.length > 0;
  });
  await topic.publishBatch(Array.from({ length: 2000 }, (_, n) => ({ body: n })));
  const batches = () =>
    events.map(
      (event) =>
        JSON.parse(event.slice('data: '.length)) as {
          items: { body: { text: string } }[];
          skipped: number;
        },
    );
  await eventually(() => batches().some(({ skipped }) => skipped > 0));
  expect(batches().every(({ items }) => items.length <= 25)).toBe(true);
  expect(batches().flatMap(({ items }) => items.map(({ body }) => body.text))).not.toContain('-1');
});

it('a channel is followed on a socket of its own, no more of it and no larger than somebody can read', async () => {
  const connection = dashboards.connection();
  const publisher = new PubSub({ connection, codec: bytes(), sequenced: true });
  const { url, get } = await dashboards.serve();
  const events = await follow(`${url}/api/channels/busy/tail`);
  const seen = () =>
    events.events.map(
      (event) =>
        JSON.parse(event.slice('data: '.length)) as {
          items: { kind: string; body: { text: string; bytes: number; isCut: boolean } }[];
          skipped: number;
        },
    );
  await eventually(async () => {
    await publisher.publish('busy', Buffer.from('now'));
    return events.events.length > 0;
  });
  expect(seen()[0]?.items[0]).toMatchObject({ kind: 'message', body: { text: 'now' } });
  // The connections that follow it here are no subscribers.
  expect((await get('/channels/busy')).body).toMatchObject({ subscribers: 0, followers: 1 });
  await publisher.publish('busy', Buffer.alloc(5_000_000, 'x'));
  const large = () => seen().flatMap(({ items }) => items.filter(({ body }) => body.isCut));
  await eventually(() => large().length > 0);
  expect(large()[0]?.body).toMatchObject({ bytes: 5_000_000, text: 'x'.repeat(400) });
  const many = Array.from({ length: 2000 }, () => ({ channel: 'busy', body: Buffer.from('y') }));
  await publisher.publishBatch(many);
  await eventually(() => seen().some(({ skipped }) => skipped > 0));
  expect(seen().every(({ items }) => items.length <= 25)).toBe(true);

  const others = await Promise.all(
    Array.from({ length: 19 }, (_, n) => follow(`${url}/api/channels/other-${n}/tail`)),
  );
  await eventually(async () => (await get('/channels/other-18')).body.followers === 1);
  const refused = await follow(`${url}/api/channels/one-more/tail`);
  await eventually(() => refused.events[0]?.startsWith('event: problem'));
  for (const { stop } of [events, ...others]) stop();
  await eventually(async () => (await get('/channels/busy')).body.followers === 0);
  const last = await follow(`${url}/api/channels/busy/tail`);
  await eventually(async () => (await get('/channels/busy')).body.followers === 1);
  last.stop();
});

it('more channels than anybody can read are counted and not listed', async () => {
  const names = Array.from({ length: 10_001 }, (_, n) => `many-${n}`);
  const socket = createConnection(dashboards.redis.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const words = ['SUBSCRIBE', ...names].map((word) => `$${word.length}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${words.join('')}`);
  socket.resume();
  const connection = dashboards.connection();
  const subscribers = async () =>
    ((await connection.call('PUBSUB', ['NUMSUB', 'many-10000'])) as number[])[1];
  await eventually(async () => (await subscribers()) === 1);
  const { get } = await dashboards.serve();
  expect((await get('/channels')).body).toMatchObject({ channels: [], isListed: false });
});

it('streams end with the dashboard, and when the client has gone nothing is asked for any more', async () => {
  const connection = dashboards.connection();
  const calls: string[] = [];
  const counted = new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'run' || name === 'call') calls.push(String(args[0]));
        return value.apply(target, args);
      };
    },
  });
  const dashboard = createDashboard({ connection: counted });
  onTestFinished(() => dashboard.close());
  const { url } = await served(createServer(dashboard.node));
  const left = await follow(`${url}/api/queues/q`);
  await eventually(() => left.events.length > 0);
  left.stop();
  await eventually(left.isOver);
  const before = calls.length;
  await pause(2500);
  expect(calls.length).toBe(before);

  const ended = await follow(`${url}/api/queues/q`);
  await eventually(() => ended.events.length > 0);
  await dashboard.close();
  await eventually(ended.isOver);
});

it('however many watch, each look at all queues costs Redis the same, whatever is in them', async () => {
  const connection = dashboards.connection();
  let calls = 0;
  const counted = new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'run' || name === 'call') calls += 1;
        return value.apply(target, args);
      };
    },
  });
  const queues = ['costs-1', 'costs-2'];
  const costOf = async () => {
    calls = 0;
    const dashboard = createDashboard({ connection: counted, queues });
    const ask = () => dashboard.fetch(new Request('http://localhost/api/queues'));
    await Promise.all(Array.from({ length: 20 }, ask));
    await dashboard.close();
    return calls;
  };
  const queue = new Queue<number>('costs-1', { connection: dashboards.connection() });
  onTestFinished(() => queue.close());
  await queue.send(0);
  const before = await costOf();
  await queue.sendBatch(Array.from({ length: 20_000 }, (_, body) => ({ body })));
  expect(await costOf()).toBe(before);
  expect(before).toBeLessThan(40);
});
