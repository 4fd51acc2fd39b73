import { bytes } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();

/** A topic whose group has these dead letters: by partition, the ids under which they lie. */
async function withDead(ids: readonly (readonly string[])[]): Promise<TestTopic<string>> {
  const topic = redis.topic<string>({ partitions: ids.length });
  const fields = ['reason', 'failed', 'error', '', 'offset', '1-0', 'attempt', '5'];
  for (const [partition, entries] of ids.entries()) {
    const key = `{${topic.name}:${partition}}:partition:dead:g`;
    for (const id of entries) {
      const body = JSON.stringify(`${partition} ${id}`);
      await topic.connection.call('XADD', [key, id, ...fields, 'body', body]);
    }
  }
  return topic;
}

it('dead letters of one millisecond in several partitions are distinguished', async () => {
  const topic = await withDead([['5000-0', '5000-1'], ['5000-0'], ['5000-0']]);
  const { deadLetters } = topic.group('g');
  const [first, second] = await deadLetters.list();

  expect(await deadLetters.remove([first?.entry ?? ''])).toBe(1);
  expect((await deadLetters.list()).map(({ body }) => body)).toEqual([
    '1 5000-0',
    '2 5000-0',
    '0 5000-1',
  ]);
  expect(await deadLetters.redrive({ entries: [second?.entry ?? ''] })).toBe(1);
  expect((await deadLetters.list()).map(({ body }) => body)).toEqual(['2 5000-0', '0 5000-1']);
  await expect(deadLetters.remove(['5000-0'])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('listing on leaves out none and repeats none', async () => {
  const topic = await withDead([
    ['5000-0', '5000-1', '20000-0'],
    ['5000-0', '6000-0'],
    ['5000-0', '5000-1'],
  ]);
  const { deadLetters } = topic.group('g');
  const all = (await deadLetters.list()).map(({ entry }) => entry);
  const inPages: string[] = [];
  for (let after: string | undefined; inPages.length < 20; after = inPages.at(-1)) {
    const page = await deadLetters.list({ limit: 2, ...(after !== undefined && { after }) });
    if (page.length === 0) break;
    inPages.push(...page.map(({ entry }) => entry));
  }

  expect(inPages).toEqual(all);
  expect(all).toEqual([
    '0:5000-0',
    '1:5000-0',
    '2:5000-0',
    '0:5000-1',
    '2:5000-1',
    '1:6000-0',
    '0:20000-0',
  ]);
});

it('of large bodies, the beginning is read', async () => {
  const topic = await withDead([['5000-0'], []]);
  const list = async (maxBodyBytes?: number) => {
    const [letter] = await topic.group('g').deadLetters.list({ maxBodyBytes });
    return letter && { ...letter, bytes: String(letter.bytes) };
  };
  const whole = await list();
  expect(whole).toMatchObject({ body: '0 5000-0', bytes: '"0 5000-0"', bodyBytes: 10 });
  expect(await list(10)).toEqual(whole);
  expect(await list(4)).toEqual({ ...whole, body: undefined, bytes: '"0 5' });
  expect(await list(0)).toEqual({ ...whole, body: undefined, bytes: '' });
  await expect(list(-1)).rejects.toThrow('maxBodyBytes');
});

it('all are redriven from all partitions, and come again', async () => {
  const topic = await withDead([['5000-0', '5000-1'], ['5000-0']]);
  const group = topic.group('g');

  expect(await group.deadLetters.redrive()).toBe(3);
  expect(await group.deadLetters.count()).toBe(0);
  const seen: string[] = [];
  group.consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length === 3);
  expect(seen.sort()).toEqual(['0 5000-0', '0 5000-1', '1 5000-0']);
});

it('a redrive tells how far it has come, and may be ended', async () => {
  const ids = Array.from({ length: 250 }, (_, n) => `${n + 1}-0`);
  const topic = await withDead([ids, []]);
  const { deadLetters } = topic.group('g');
  const parts: number[] = [];
  const ended = new AbortController();
  const onProgress = ({ redriven }: { redriven: number }) => {
    parts.push(redriven);
    ended.abort();
  };
  expect(await deadLetters.redrive({ signal: ended.signal, onProgress })).toBe(200);
  expect(await deadLetters.count()).toBe(50);
  const entries = ids.slice(200).map((id) => `0:${id}`);
  expect(await deadLetters.redrive({ entries, onProgress })).toBe(50);
  expect(parts).toEqual([200, 50]);
  await expect(deadLetters.redrive({ filter: {} } as never)).rejects.toThrow(
    'deadLetters.redrive() has no option "filter"',
  );
});

it('one is delivered again with another body, and keeps its key, headers and id', async () => {
  const topic = redis.topic<string>({ partitions: 2 });
  const group = topic.group('g');
  const dying = group.consume(() => Promise.reject(new Error('no')), { maxAttempts: 1 });
  dying.on('failed', () => {});
  await topic.publish('old', { key: 'k', id: 'i', headers: { trace: '7' } });
  await eventually(async () => (await group.deadLetters.count()) === 1);
  await dying.stop();
  const [letter] = await group.deadLetters.list();
  const entry = letter?.entry ?? '';
  expect(await group.deadLetters.get(entry)).toEqual(letter);
  expect(await group.deadLetters.get('1999:1-0')).toBeUndefined();
  await expect(group.deadLetters.get('5000-0')).rejects.toThrow('An entry looks like');

  await expect(group.deadLetters.editAndRedrive(entry, 7n as never)).rejects.toMatchObject({
    code: 'ENCODE',
  });
  expect(await group.deadLetters.count()).toBe(1);
  expect(await group.deadLetters.editAndRedrive(entry, 'new')).toBe(true);
  expect(await group.deadLetters.editAndRedrive(entry, 'twice')).toBe(false);
  const stream = `{${topic.name}:${letter?.partition}}:partition`;
  const [newest] = (await topic.connection.call('XREVRANGE', [stream, '+', '-', 'COUNT', 1])) as [
    [Buffer, Buffer[]],
  ];
  const names = newest[1].filter((_, at) => at % 2 === 0).map(String);
  expect(names).toEqual(['body', 'key', 'headers', 'id', 'group']);
  expect(await group.deadLetters.count()).toBe(0);
  const seen: unknown[] = [];
  group.consume(({ body, key, headers, id, attempt }) => {
    seen.push({ body, key, headers, id, attempt });
  });
  await eventually(() => seen.length > 0);
  expect(seen).toEqual([{ body: 'new', key: 'k', id: 'i', headers: { trace: '7' }, attempt: 1 }]);
});

it('all are delivered again with other bodies, also with empty ones', async () => {
  const ids = Array.from({ length: 45 }, (_, n) => `${n + 1}-0`);
  const topic = redis.topic<Buffer>({ partitions: 2, codec: bytes() });
  const fields = ['reason', 'failed', 'error', '', 'offset', '1-0', 'attempt', '5'];
  for (const id of ids) {
    await topic.connection.call('XADD', [
      `{${topic.name}:1}:partition:dead:g`,
      ...[id, ...fields, 'body', id],
    ]);
  }
  const group = topic.group('g');
  const parts: number[] = [];
  const map = (body: Buffer | undefined, { entry }: { entry: string }) => {
    if (entry === '1:41-0') throw new Error('41 is odd');
    return String(body) === '1-0' ? Buffer.alloc(0) : Buffer.from(`new ${body}`);
  };
  const onProgress = ({ redriven }: { redriven: number }) => void parts.push(redriven);
  await expect(group.deadLetters.redrive({ map, onProgress })).rejects.toThrow('41 is odd');
  expect(parts).toEqual([20, 40]);
  expect(await group.deadLetters.count()).toBe(5);
  expect(await group.deadLetters.redrive({ map: () => Buffer.from('rest') })).toBe(5);

  const seen: string[] = [];
  group.consume(({ body }) => void seen.push(String(body)));
  await eventually(() => seen.length === 45);
  const changed = ids.slice(1, 40).map((id) => `new ${id}`);
  expect(seen.sort()).toEqual(['', ...changed, 'rest', 'rest', 'rest', 'rest', 'rest'].sort());
  await expect(group.deadLetters.redrive({ map: 1 as never })).rejects.toThrow('map is a function');
});

it('a redrive at a rate takes its time, over all partitions, and ends at once when it is aborted', async () => {
  const ids = Array.from({ length: 30 }, (_, n) => `${n + 1}-0`);
  const topic = await withDead([ids, ids]);
  const { deadLetters } = topic.group('g');
  const startedAt = performance.now();
  expect(await deadLetters.redrive({ ratePerSecond: 100 })).toBe(60);
  // The first tenth of a second's worth goes at once.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(490);

  const again = await withDead([ids, ids]);
  const stopping = new AbortController();
  const slow = again.group('g').deadLetters.redrive({
    ratePerSecond: 1e-9,
    signal: stopping.signal,
    onProgress: () => setImmediate(() => stopping.abort()),
  });
  expect(await slow).toBe(1);
  await expect(deadLetters.redrive({ ratePerSecond: 0 })).rejects.toThrow('ratePerSecond');
});
