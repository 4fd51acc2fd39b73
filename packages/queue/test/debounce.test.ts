import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { queueKeys } from '../src/keys.js';
import { leftKeys } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** The time of the server, in ms. */
async function serverMs({ connection }: TestQueue<never>): Promise<number> {
  const [seconds, micros] = (await connection.call('TIME', [])) as Buffer[];
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** When the debounced message with the key `k` is due, in ms since 1970. */
async function dueOf(queue: TestQueue<never>): Promise<number> {
  return Number(await queue.connection.call('ZSCORE', [queueKeys(queue.name).debounced, 'k']));
}

it('the last one of several messages is delivered when it has been quiet, under the id of the first', async () => {
  const queue = redis.queue<string>();
  const handled: { body: string; id: string; headers: object; at: number }[] = [];
  queue.consume(async ({ body, id, headers }) => {
    handled.push({ body, id, headers, at: await serverMs(queue as never) });
  });
  const debounce = { key: 'k', ms: 1000 };
  const first = await queue.send('a', { debounce, headers: { n: '1' } });
  const before = await serverMs(queue as never);
  const results = await queue.sendBatch([
    { body: 'b', debounce },
    { body: 'c', debounce, headers: { n: '3' } },
  ]);
  const after = await serverMs(queue as never);
  expect(results).toEqual([
    { status: 'replaced', id: first },
    { status: 'replaced', id: first },
  ]);
  await eventually(() => handled.length === 1);
  expect(handled[0]).toMatchObject({ body: 'c', id: first, headers: { n: '3' } });
  // Its time is the last send's and its delay, in whole ms.
  expect(handled[0]?.at).toBeGreaterThan(before + debounce.ms - 1);
  expect(after).toBeLessThan(before + debounce.ms * 100);
  await eventually(async () => (await leftKeys(queue)).length === 0);
});

it('with keep first, the body of the first one stays, and its time is moved', async () => {
  const queue = redis.queue<string>();
  const debounce = { key: 'k', ms: 60_000, keep: 'first' as const };
  const id = await queue.send('a', { debounce, key: 'x' });
  const due = await dueOf(queue as never);
  await eventually(async () => (await serverMs(queue as never)) > due - 60_000 + 5);
  expect(await queue.send('b', { debounce })).toBe(id);
  expect(await dueOf(queue as never)).toBeGreaterThan(due);
  await queue.send('c', { debounce: { ...debounce, ms: 1 } });
  const delivery = await queue.receive({ timeoutMs: 10_000 });
  expect(delivery).toMatchObject({ body: 'a', id, key: 'x' });
  await delivery?.ack();
});

it('a message is due at the latest maxMs after the first, which is 10 times ms by default', async () => {
  const queue = redis.queue<number>();
  await queue.send(0, { debounce: { key: 'k', ms: 60_000 } });
  const since = (await dueOf(queue as never)) - 60_000;
  await queue.send(1, { debounce: { key: 'k', ms: 3_600_000, maxMs: 3_600_000 } });
  expect(await dueOf(queue as never)).toBe(since + 3_600_000);
  await queue.send(1, { debounce: { key: 'k', ms: 600_000 } });
  expect(await dueOf(queue as never)).toBeLessThan(since + 700_000);
  await queue.send(2, { debounce: { key: 'k', ms: 60_000, maxMs: 60_001 } });
  expect(await dueOf(queue as never)).toBeLessThanOrEqual(since + 60_001);
});

it('messages that never stop coming are delivered all the same, and the last one of all is the last one delivered', async () => {
  const queue = redis.queue<number>();
  const handled: { body: number; at: number }[] = [];
  queue.consume(({ body }) => void handled.push({ body, at: performance.now() }));
  let last = 0;
  const replaced = new Set<string>();
  const sent = new Set<string>();
  await eventually(async () => {
    last += 1;
    const [result] = await queue.sendBatch([
      { body: last, debounce: { key: 'k', ms: 100, maxMs: 150 } },
    ]);
    if (result?.status === 'replaced') replaced.add(result.id);
    if (result?.status === 'sent') sent.add(result.id);
    return handled.length >= 3;
  });
  await eventually(() => handled.at(-1)?.body === last);
  expect([...replaced].every((id) => sent.has(id))).toBe(true);
  expect(handled.length).toBe(sent.size);
  const bodies = handled.map(({ body }) => body);
  expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
});

it('while one is active or waits for its turn, the next one starts anew: nothing is lost', async () => {
  const queue = redis.queue<string>();
  const debounce = { key: 'k', ms: 1 };
  const first = await queue.send('a', { debounce });
  const active = await queue.receive({ timeoutMs: 10_000 });
  expect(active?.id).toBe(first);
  const [second] = await queue.sendBatch([{ body: 'b', debounce }]);
  expect(second?.status).toBe('sent');
  const producer = redis.queue<string>();
  await producer.send('a', { debounce });
  const due = await dueOf(producer as never);
  // Its time has come, and no consumer is there to move it.
  await eventually(async () => (await serverMs(producer as never)) > due + 1);
  const [next] = await producer.sendBatch([{ body: 'b', debounce: { key: 'k', ms: 60_000 } }]);
  expect(next?.status).toBe('sent');
  expect(await producer.stats()).toMatchObject({ pending: 1, delayed: 1 });
  expect((await producer.peek()).map(({ body }) => body)).toEqual(['a']);
  await active?.ack();
});

it('a consumer that has waited long hears of a message that is due before all others', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await queue.send('late', { debounce: { key: 'late', ms: 60_000 } });
  await queue.send('later', { delayMs: 60_000 });
  await queue.send('first', { debounce: { key: 'first', ms: 1 } });
  await eventually(() => handled.length === 1);
  const began = performance.now();
  await redis.otherEnd(queue).send('soon', { debounce: { key: 'k', ms: 20 } });
  await eventually(() => handled.length === 2);
  expect(handled).toEqual(['first', 'soon']);
  // Without the signal, it would be found after 5 s.
  expect(performance.now() - began).toBeLessThan(4500);
});

it('they keep their priority and key, count as delayed, expire, and go with purge and destroy', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 3 } });
  const long = 60_000;
  await queue.send('high', { debounce: { key: 'a', ms: long }, priority: 9 });
  await queue.send('keyed', { debounce: { key: 'b', ms: long }, key: 'x' });
  await queue.send('expires', { debounce: { key: 'c', ms: long }, ttlMs: 1 });
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 3 });
  await expect(queue.send('full')).rejects.toMatchObject({ code: 'QUEUE_FULL', count: 3 });
  for (const key of ['c', 'b', 'a']) {
    const options = {
      debounce: { key, ms: 1, keep: 'first' as const },
      ttlMs: key === 'c' ? 1 : long,
    };
    await queue.send('now', options);
  }
  const bodies: string[] = [];
  await eventually(async () => {
    const delivery = await queue.receive({ timeoutMs: 100 });
    if (delivery) bodies.push(`${delivery.body} ${delivery.key ?? delivery.priority}`);
    await delivery?.ack();
    const { delayed, pending, total } = await queue.stats();
    return delayed + pending === 0 && bodies.length + total.expired === 3;
  });
  expect(bodies.sort().filter((body) => !body.startsWith('expires'))).toEqual([
    'high 9',
    'keyed x',
  ]);

  await queue.send('x', { debounce: { key: 'a', ms: long } });
  expect(await queue.purge()).toEqual({ pending: 0, delayed: 1 });
  await queue.send('x', { debounce: { key: 'a', ms: long } });
  expect(await queue.destroy()).toMatchObject({ delayed: 1 });
  await queue.close();
  const left = await leftKeys(redis.queue({ name: queue.name }));
  expect(left).toEqual([]);
});

it('a throttled message is the first of its window, by the time of the server, whatever becomes of it', async () => {
  const queue = redis.queue<number>();
  const ms = 300;
  const sends: { from: number; to: number; status: string }[] = [];
  const windows = () => sends.filter(({ status }) => status === 'sent');
  await eventually(async () => {
    const from = await serverMs(queue as never);
    const [result] = await queue.sendBatch([{ body: sends.length, throttle: { key: 'k', ms } }]);
    sends.push({ from, to: await serverMs(queue as never), status: String(result?.status) });
    if (sends.length === 1) await (await queue.receive())?.ack();
    return windows().length === 3;
  });
  const opened = windows();
  for (const [n, { from, to }] of opened.slice(1).entries()) {
    const before = opened[n] as (typeof opened)[number];
    expect(to - before.from).toBeGreaterThanOrEqual(ms);
    // No send after the end of the window is refused.
    const late = sends.filter(
      (one) => one.status === 'duplicate' && one.from > before.to + ms + 1 && one.to < from,
    );
    expect(late).toEqual([]);
  }
  expect((await queue.stats()).pending).toBe(2);

  // A purge ends no window: only its time does.
  const long = { throttle: { key: 'long', ms: 60_000 } };
  const id = await queue.send(0, long);
  await queue.purge();
  expect(await queue.send(1, long)).toBe(id);
});

it('throttle, once and debounce have keys of their own, and a delay goes with the first two', async () => {
  const queue = redis.queue<string>();
  const ms = 60_000;
  const ids = [
    await queue.send('a', { once: { key: 'k', until: ms }, delayMs: ms }),
    await queue.send('b', { throttle: { key: 'k', ms }, delayMs: ms }),
    await queue.send('c', { debounce: { key: 'k', ms } }),
  ];
  expect(new Set(ids).size).toBe(3);
  expect(await queue.send('d', { throttle: { key: 'k', ms } })).toBe(ids[1]);
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 3 });
});
