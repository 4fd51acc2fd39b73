import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { SearchLimitError, type SendOptions } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { deferred, leftKeys } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const hour = 3_600_000;

const places: [string, SendOptions][] = [
  ['in the list', {}],
  ['with a priority', { priority: 9 }],
  ['with a key', { key: 'k' }],
  ['that is delayed', { delayMs: hour }],
  ['that is debounced', { debounce: { key: 'd', ms: hour } }],
  ['that is sent once', { once: { key: 'o', until: 'done' } }],
];

/** What a consumer is given, in its order. */
async function taken(queue: TestQueue<string>, count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const delivery = await queue.receive({ timeoutMs: 2000 });
    bodies.push(delivery?.body ?? '');
    await delivery?.ack();
  }
  return bodies;
}

it.each(places)('a message %s is found with its state, until it is settled', async (_, options) => {
  const queue = redis.queue<string>();
  const other = redis.otherEnd(queue);
  const sentAt = Date.now();
  const id = await queue.send('x', options);

  const found = await other.find(id);
  const isDelayed = options.delayMs !== undefined || options.debounce !== undefined;
  const state = isDelayed ? 'delayed' : 'pending';
  expect(found).toMatchObject({ id, body: 'x', state, attempt: 0 });
  const { dueAt } = found as { dueAt?: Date };
  if (isDelayed) expect(Math.abs(Number(dueAt) - sentAt - hour)).toBeLessThan(5000);
  else expect(dueAt).toBeUndefined();
  expect(await other.find('none')).toBeUndefined();

  if (isDelayed) return;
  const delivery = await queue.receive();
  expect(await other.find(id)).toBe('active');
  expect(await other.update(id, { body: 'y' })).toBe('active');
  await delivery?.ack();
  expect(await other.find(id)).toBeUndefined();
  expect(await other.update(id, { body: 'y' })).toBe('gone');
});

it.each(places)('the body of a message %s is changed, and all else stays', async (_, options) => {
  const queue = redis.queue<string>();
  const more = { ...options, headers: { a: 'b' }, ttlMs: hour };
  const before = await queue.send('before', {
    ...options,
    ...(options.once && { once: undefined }),
  });
  const id = await queue.send('x', more);
  const headerOf = async () => {
    const { bytes, body, ...rest } = (await queue.find(id)) as unknown as Record<string, unknown>;
    return rest;
  };
  const was = await headerOf();

  expect(await queue.update(id, { body: 'changed' })).toBe('updated');

  expect(await headerOf()).toEqual(was);
  expect(await queue.find(id)).toMatchObject({ body: 'changed' });
  if (options.delayMs || options.debounce) return;
  await queue.send('after', { ...options, ...(options.once && { once: undefined }) });
  expect(before).not.toBe(id);
  expect(await taken(queue, 3)).toEqual(['before', 'changed', 'after']);
  expect(await leftKeys(queue as never)).toEqual([]);
});

it('a delayed message keeps its place among those that are due at the same time', async () => {
  const queue = redis.queue<string>();
  const at = new Date(Date.now() + 400);
  const items = ['a', 'b', 'c'].map((body) => ({ body, id: body, at }));
  await queue.sendBatch(items);
  expect(await queue.update('b', { body: 'B' })).toBe('updated');
  expect(await taken(queue, 3)).toEqual(['a', 'B', 'c']);
});

it.each(places)(
  'a message %s is delayed anew, with what is left of its time',
  async (_, options) => {
    const queue = redis.queue<string>();
    const id = await queue.send('x', { ...options, ttlMs: hour });
    expect(await queue.update(id, { delayMs: 2 * hour })).toBe('updated');

    const found = await queue.find(id);
    expect(found).toMatchObject({ id, body: 'x', state: 'delayed' });
    const due = Number((found as { dueAt: Date }).dueAt);
    expect(Math.abs(due - Date.now() - 2 * hour)).toBeLessThan(5000);
    // That of a debounced message is noted elsewhere.
    const [element] = (await queue.connection.call('ZRANGE', [
      queueKeys(queue.name).delayed,
      ...[0, -1],
    ])) as Buffer[];
    const [, expires = due + hour] = /"expires":(\d+)/.exec(String(element)) ?? [];
    expect(Math.abs(Number(expires) - due - hour)).toBeLessThan(5000);
    expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 1 });

    if (options.debounce) return;
    expect(await queue.update(id, { delayMs: 0, body: 'now' })).toBe('updated');
    expect(await taken(queue, 1)).toEqual(['now']);
    expect(await leftKeys(queue as never)).toEqual([]);
  },
);

it('an earlier time wakes the consumers that sleep until a later one', async () => {
  const queue = redis.queue<string>();
  const arrived = deferred<string>();
  queue.consume(({ body }) => arrived.resolve(body));
  const id = await queue.send('x', { delayMs: hour });
  await queue.update(id, { delayMs: 50 });
  expect(await arrived.promise).toBe('x');
});

it('another priority makes it the last one of this priority, wherever it waits', async () => {
  const queue = redis.queue<string>();
  for (const body of ['a', 'b', 'c', 'd']) await queue.send(body, { id: body });
  await queue.send('high', { priority: 9 });
  expect(await queue.update('c', { priority: 9 })).toBe('updated');
  expect(await queue.update('a', { priority: 0 })).toBe('updated');
  expect(await queue.update('b', { priority: 9 })).toBe('updated');
  expect(await queue.update('b', { priority: 4, body: 'B' })).toBe('updated');
  expect((await queue.stats()).byPriority).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 0, 2]);
  expect(await taken(queue, 5)).toEqual(['high', 'c', 'd', 'B', 'a']);
  expect(await leftKeys(queue as never)).toEqual([]);
});

it('a message that has failed keeps its attempts', async () => {
  const queue = redis.queue<string>();
  await queue.send('x', { id: 'x' });
  await (await queue.receive())?.retry({ delayMs: hour });
  expect(await queue.update('x', { body: 'y', delayMs: 0, priority: 9 })).toBe('updated');
  expect(await queue.receive()).toMatchObject({ body: 'y', attempt: 2, priority: 9 });
});

it('a message is delivered as it was or as it is now, whoever comes first, and never twice', async () => {
  const queue = redis.queue<number>();
  const other = redis.otherEnd(queue);
  const seen = new Map<string, number>();
  queue.consume(({ id, body }) => void seen.set(id, body), { concurrency: 20 });
  const results = new Map<string, string>();
  for (let round = 0; round < 20; round += 1) {
    const ids = Array.from({ length: 20 }, (_, n) => `${round}-${n}`);
    const options = (n: number) => (n % 3 === 0 ? { delayMs: 1 } : n % 3 === 1 ? { key: 'k' } : {});
    const sent = queue.sendBatch(ids.map((id, n) => ({ id, body: 0, ...options(n) })));
    const updated = ids.map(async (id) => results.set(id, await other.update(id, { body: 1 })));
    await Promise.all([sent, ...updated]);
  }
  await eventually(async () => {
    const { pending, active, delayed } = await queue.stats();
    return pending + active + delayed === 0;
  });

  expect(seen.size).toBe(400);
  expect((await queue.stats()).total).toMatchObject({ acked: 400 });
  for (const [id, body] of seen) {
    if (results.get(id) === 'updated') expect([id, body]).toEqual([id, 1]);
    if (results.get(id) === 'active') expect([id, body]).toEqual([id, 0]);
  }
  expect(new Set(results.values()).has('updated')).toBe(true);
});

it('a long queue is searched in steps: with progress, a limit, and a signal', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 9000 }, (_, body) => ({ body, id: `id${body}` })));
  const seen: number[] = [];
  const onProgress = ({ scanned }: { scanned: number }) => seen.push(scanned);
  expect(await queue.find('id100', { onProgress })).toMatchObject({ body: 100 });
  expect(seen.length).toBeGreaterThan(2);
  await expect(queue.find('id100', { maxScanned: 3000 })).rejects.toThrow(SearchLimitError);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(queue.update('id1', { body: 1 }, { signal })).rejects.toThrow('enough');
});

it('changes that cannot be are refused', async () => {
  const queue = redis.queue<unknown>({ maxMessageBytes: 100 });
  await queue.send('x', { id: 'keyed', key: 'k' });
  const refused: [string, object][] = [
    ['keyed', { priority: 9 }],
    ['keyed', {}],
    ['keyed', { delayMs: -1 }],
    ['keyed', { priority: 10 }],
    ['keyed', { delay: 1 }],
    ['', { body: 1 }],
  ];
  for (const [id, changes] of refused) {
    await expect(queue.update(id, changes)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  await expect(queue.update('keyed', { body: 'x'.repeat(200) })).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
  });
  await expect(queue.find(1 as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await queue.find('keyed')).toMatchObject({ body: 'x', key: 'k', state: 'pending' });
});

it('a suspect of a plain queue that gets a priority is taken', async () => {
  const queue = redis.queue<number>();
  const suspect = '\x011{"attempt":1,"suspect":1,"id":"a"}\n1';
  await queue.connection.call('LPUSH', [`{${queue.name}}:suspects`, suspect]);
  expect(await queue.update('a', { priority: 9 })).toBe('updated');
  expect((await queue.stats()).pending).toBe(1);
  const delivery = await queue.receive({ timeoutMs: 20_000 });
  expect(delivery).toMatchObject({ id: 'a', priority: 9, body: 1, attempt: 2 });
  await delivery?.ack();
});
