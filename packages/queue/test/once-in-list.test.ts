import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { queueKeys } from '../src/keys.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

const done = (key: string) => ({ once: { key, until: 'done' } }) as const;
const untilTaken = (key: string) => ({ once: { key, until: 'taken' } }) as const;

async function bodies(queue: TestQueue<string>): Promise<unknown[]> {
  return (await queue.peek(1000)).map(({ body }) => body);
}

/** What counts by its key, with the id that it has in Redis. */
async function counting(queue: TestQueue<string>): Promise<Record<string, string>> {
  const found = (await queue.connection.call('HGETALL', [queueKeys(queue.name).once])) as Buffer[];
  const texts = found.map(String);
  return Object.fromEntries(
    texts.flatMap((key, at) => (at % 2 === 0 ? [[key, JSON.parse(texts[at + 1] as string)]] : [])),
  );
}

it('in one call, plain messages and those that are sent once keep their order, and duplicates are left out', async () => {
  const queue = redis.queue<string>();
  const before = await queue.send('before', done('x'));
  const results = await queue.sendBatch([
    { body: 'a' },
    { body: 'b', id: 'B "\\', ...done('k') },
    { body: 'c', ...done('x') },
    { body: 'd', bare: true },
    { body: 'e', ...untilTaken('k') },
    { body: 'f', id: 'F "\\ ä', ...untilTaken('m\\ ä\n') },
    { body: 'g', ...done('m\\ ä\n') },
    { body: 'h', headers: { once: 'done:n' } },
    { body: '"once":"done:n","id":"i"', id: 'I', ...done('n') },
    { body: 'j', ...done('n') },
    { body: 'k' },
  ]);
  const duplicates = { 2: before, 4: 'B "\\', 6: 'F "\\ ä', 9: 'I' } as Record<number, string>;
  for (const [at, result] of results.entries()) {
    const id = duplicates[at] ?? result.id;
    expect(result).toEqual({ status: at in duplicates ? 'duplicate' : 'sent', id });
  }
  const inText = '"once":"done:n","id":"i"';
  expect(await bodies(queue)).toEqual(['before', 'a', 'b', 'd', 'f', 'h', inText, 'k']);
  expect(await counting(queue)).toEqual({ x: before, k: 'B "\\', 'm\\ ä\n': 'F "\\ ä', n: 'I' });
});

it('a call of duplicates only changes nothing', async () => {
  const queue = redis.queue<string>();
  const id = await queue.send('a', done('k'));
  const results = await queue.sendBatch(['b', 'c'].map((body) => ({ body, ...done('k') })));
  expect(results).toEqual([
    { status: 'duplicate', id },
    { status: 'duplicate', id },
  ]);
  expect(await bodies(queue)).toEqual(['a']);
  expect(await counting(queue)).toEqual({ k: id });
});

it('they take the same few commands, however many they are, and windows are read only while any is open', async () => {
  const own = await startOwnRedis();
  const connection = openConnection(own.url);
  const queue = redis.queue<string>({ connection });
  const items = Array.from({ length: 40 }, (_, n) => ({ body: `${n}`, ...done(`${n}`) }));
  const calls = async () => {
    const info = String(await connection.call('INFO', ['commandstats']));
    return [...info.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, n]) => `${name} ${n}`);
  };
  // What is asked before the first use is not counted.
  await queue.stats();
  await connection.call('CONFIG', ['RESETSTAT']);
  await queue.sendBatch(items.map((item) => ({ ...item, ...done(`before ${item.body}`) })));
  expect(await calls()).toEqual(expect.arrayContaining(['eval 1', 'hmget 1', 'lpush 1']));
  expect((await calls()).filter((call) => /^(get|mget|hget|set) /.test(call))).toEqual([]);

  const open = await queue.send('open', { once: { key: '7', until: 60_000 } });
  await connection.call('CONFIG', ['RESETSTAT']);
  const results = await queue.sendBatch(items);
  expect(results.filter(({ status }) => status === 'sent')).toHaveLength(39);
  expect(results[7]).toEqual({ status: 'duplicate', id: open });
  // Those of a key, a list and a window for all of them; and the first one declares what the queue has.
  expect(await calls()).toEqual(expect.arrayContaining(['eval 1', 'hmget 1', 'mget 1', 'lpush 1']));
  expect((await calls()).filter((call) => /^(get|hget|set) /.test(call))).toEqual([]);
});

it.each(['list', 'once', 'shape'] as const)(
  'nothing is sent and nothing counts while the key %s is of another type',
  async (name) => {
    const queue = redis.queue<string>();
    const keys = queueKeys(queue.name);
    await queue.connection.call('SET', [keys[name], 'value']);
    const results = await queue.sendBatch([{ body: 'a' }, { body: 'b', ...done('k') }]);
    const error = { code: 'WRONG_TYPE', key: keys[name], outcome: 'not-executed' };
    expect(results).toMatchObject([{ error }, { error }]);
    const left = (await queue.connection.call('KEYS', [`*${queue.name}*`])) as Buffer[];
    expect(left.map(String)).toEqual([keys[name]]);
    await queue.connection.call('DEL', [keys[name]]);
    expect(await queue.sendBatch([{ body: 'b', ...done('k') }])).toMatchObject([
      { status: 'sent' },
    ]);
  },
);

it('nothing is sent and nothing counts while Redis has no memory', async () => {
  const own = await startOwnRedis({ args: ['--maxmemory-policy', 'noeviction'] });
  const connection = openConnection(own.url);
  const queue = redis.queue<string>({ connection });
  const first = await queue.send('first', done('first'));
  await connection.call('CONFIG', ['SET', 'maxmemory', '1']);
  const error = await rejection(queue.send('refused', done('k')));
  expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', outcome: 'not-executed' });
  await connection.call('CONFIG', ['SET', 'maxmemory', '0']);
  expect(await bodies(queue)).toEqual(['first']);
  expect(await counting(queue)).toEqual({ first });
});
