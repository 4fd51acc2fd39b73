import type { Connection } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { DeadLetterSelection } from '../src/index.js';
import { keysAt, type QueueKeys, queueKeys } from '../src/keys.js';
import { partitionList } from '../src/partitions/partition-list.js';
import { partitionOf } from '../src/partitions/partition-of.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

const partitions = 3;

/** The keys of its lists: that of its name, then those of its partitions. */
function listsOf(name: string): QueueKeys[] {
  const divided = Array.from({ length: partitions }, (_, n) => keysAt(partitionList(name, n)));
  return [queueKeys(name), ...divided];
}

/** A queue that is divided in Redis. */
async function dividedQueue<Body = number>(
  options: { name?: string; connection?: Connection } = {},
): Promise<TestQueue<Body>> {
  const queue = redis.queue<Body>({ ...options, partitions });
  expect((await queue.stats()).partitions).toBe(partitions);
  return queue;
}

interface Dead {
  /** In which list: 0 is that of the queue's name. */
  at: number;
  /** In the stream of that list. */
  id: string;
  body: number;
  error?: string;
  /** What the header begins with. */
  header?: string;
}

/** Writes dead letters as scripts do. */
async function addDead(queue: TestQueue<number>, letters: readonly Dead[]): Promise<void> {
  const lists = listsOf(queue.name);
  for (const { at, id, body, error = 'no', header = '' } of letters) {
    const element = `\x011{"attempt":3,${header}"id":"m${body}","ts":1}\n${body}`;
    const fields = ['reason', 'failed', 'error', error, 'element', element];
    await queue.connection.call('XADD', [lists[at]?.dead ?? '', id, ...fields]);
  }
}

/** Some in each list, with equal ids. */
const inAll: Dead[] = [
  { at: 0, id: '1000-1', body: 0 },
  { at: 0, id: '3000-1', body: 8, error: 'last 2' },
  { at: 1, id: '1000-1', body: 1 },
  { at: 1, id: '1000-2', body: 4 },
  { at: 2, id: '1000-1', body: 2 },
  { at: 2, id: '1000-10', body: 5 },
  { at: 3, id: '1000-1', body: 3 },
  { at: 3, id: '2000-1', body: 6, error: 'last 1' },
  { at: 3, id: '2000-2', body: 7 },
];
const total = inAll.length;
const oldestFirst = [
  ...['1000-1', '1000-1@0', '1000-1@1', '1000-1@2'],
  ...['1000-2@0', '1000-10@1', '2000-1@2', '2000-2@2', '3000-1'],
];

async function withDead(letters: readonly Dead[] = inAll): Promise<TestQueue<number>> {
  const queue = await dividedQueue();
  await addDead(queue, letters);
  return queue;
}

/** The bodies of what waits among the returned messages of each list. */
async function returnedIn({ name, connection }: TestQueue<number>): Promise<number[][]> {
  const all = listsOf(name).map(async ({ returned }) => {
    const elements = (await connection.call('LRANGE', [returned, 0, -1])) as Buffer[];
    return elements.reverse().map((element) => Number(String(element).split('\n')[1]));
  });
  return Promise.all(all);
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (bodies: readonly number[]) => [...bodies].sort((a, b) => a - b);

describe('a listing', () => {
  it.each<[string, DeadLetterSelection<number> | undefined]>([
    ['without a filter', undefined],
    ['with a filter', { reason: 'failed' }],
    ['with a function', ({ entry }) => oldestFirst.includes(entry)],
  ])('%s has those of all lists, oldest first, and goes on without gaps', async (_, filter) => {
    const queue = await withDead();

    for (const limit of [1, 2, 4, total]) {
      const seen: string[] = [];
      for (let after: string | undefined; seen.length <= total; after = seen.at(-1)) {
        const page = await queue.deadLetters.list({ limit, after, filter });
        seen.push(...page.map(({ entry }) => entry));
        if (page.length < limit) break;
      }
      expect(seen).toEqual(oldestFirst);
    }
    expect((await queue.deadLetters.list()).map(({ body }) => body)).toEqual(numbers(total));
  });

  it('reads no more of each list than it may have to tell', async () => {
    const queue = await withDead(
      numbers(50).map((n) => ({ at: 2, id: `${n}-1`, body: n, error: 'x'.repeat(10_000) })),
    );
    const read = async () => {
      const stats = String(await queue.connection.call('INFO', ['stats']));
      return Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1]);
    };

    const before = await read();
    expect(await queue.deadLetters.list({ limit: 2, maxBodyBytes: 0 })).toHaveLength(2);
    expect((await read()) - before).toBeLessThan(200_000);
  });

  it.each([
    [500, [5, 6, 7]],
    [1000, [5, 6, 7]],
    [2000, [6, 7]],
  ])('of a filter by times, since %d, goes on after an entry', async (since, expected) => {
    const queue = await withDead();
    const filter = { since: new Date(since), until: new Date(2000) };

    const listed = await queue.deadLetters.list({ filter, after: '1000-2@0' });
    expect(listed.map(({ body }) => body)).toEqual(expected);
  });
});

describe('an entry', () => {
  it('names a dead letter in its partition', async () => {
    const queue = await withDead();
    const { deadLetters } = queue;

    expect(await deadLetters.get('1000-1@1')).toMatchObject({ entry: '1000-1@1', body: 2 });
    expect(await deadLetters.get('1000-1')).toMatchObject({ entry: '1000-1', body: 0 });
    expect(await deadLetters.get('1000-2')).toBeUndefined();
    expect(await deadLetters.remove(['1000-1', '1000-1@1', '2000-2@2', '2000-2@1'])).toBe(3);
    expect(await deadLetters.editAndRedrive('1000-1@0', 10)).toBe(true);
    expect(await deadLetters.editAndRedrive('1000-1@0', 11)).toBe(false);

    expect(await returnedIn(queue)).toEqual([[], [10], [], []]);
    const left = (await deadLetters.list()).map(({ body }) => body);
    expect(left).toEqual([3, 4, 5, 6, 8]);
  });

  it('of a partition that does not exist is not there', async () => {
    const plain = redis.queue<number>();
    for (const { deadLetters } of [await withDead(), plain]) {
      expect(await deadLetters.get('1000-1@3')).toBeUndefined();
      expect(await deadLetters.remove(['1000-1@3'])).toBe(0);
      expect(await deadLetters.editAndRedrive('1000-1@3', 1)).toBe(false);
      const entries = ['1000-1@3', '1000-1@9999'];
      expect(await deadLetters.redrive({ entries })).toEqual({
        redriven: 0,
        examined: 2,
        of: 2,
        isInterrupted: false,
      });
    }
  });

  it('of a partition that the queue has no longer is there still', async () => {
    const { name } = await withDead();
    await redis.queue({ name }).partitions.set(1);
    const queue = redis.queue<number>({ name });

    expect((await queue.deadLetters.list()).map(({ entry }) => entry)).toEqual(oldestFirst);
    expect(await queue.deadLetters.editAndRedrive('2000-1@2', 10)).toBe(true);
    expect((await queue.peek()).map(({ body }) => body)).toEqual([10]);
  });

  it.each(['1-0@', '@1', '1-0@01', '1-0@-1', '1-0@x', '1-0@1@2', '1@1', '1-0@10000'])(
    '%s is refused',
    async (entry) => {
      const { deadLetters } = redis.queue();
      const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('@2') };

      await expect(deadLetters.get(entry)).rejects.toMatchObject(refusal);
      await expect(deadLetters.list({ after: entry })).rejects.toMatchObject(refusal);
      await expect(deadLetters.remove([entry])).rejects.toMatchObject(refusal);
      await expect(deadLetters.redrive({ entries: [entry] })).rejects.toMatchObject(refusal);
    },
  );

  it('is the id of what is edited and could not be read', async () => {
    const queue = await dividedQueue();
    const fields = ['reason', 'malformed', 'error', '', 'element', '\x011{"id":1}\nx'];
    await queue.connection.call('XADD', [listsOf(queue.name)[3]?.dead ?? '', '5-1', ...fields]);

    expect(await queue.deadLetters.editAndRedrive('5-1@2', 9)).toBe(true);

    expect(await queue.peek()).toMatchObject([{ id: '5-1@2', body: 9 }]);
  });
});

it('all are counted and deleted', async () => {
  const queue = await withDead();

  expect(await queue.deadLetters.count()).toBe(total);
  expect(await queue.deadLetters.purge()).toBe(total);
  expect(await queue.deadLetters.count()).toBe(0);
});

describe('groups', () => {
  it('are of all lists together', async () => {
    const queue = await withDead();
    const told: unknown[] = [];

    const found = await queue.deadLetters.groups({ onProgress: (so) => told.push(so) });

    expect(found).toMatchObject({ examined: total, of: total, isInterrupted: false });
    expect(found.groups).toMatchObject([
      {
        error: 'no',
        count: 7,
        first: new Date(1000),
        last: new Date(2000),
        sample: { id: 'm7', entry: '2000-2@2' },
      },
      // The oldest one of these is in the list that was looked at last, and the newest one in the first.
      {
        error: 'last <n>',
        count: 2,
        first: new Date(2000),
        last: new Date(3000),
        sample: { id: 'm8', entry: '3000-1' },
      },
    ]);
    expect(told).toEqual([2, 4, 6, 9].map((examined) => ({ examined, of: total })));
    const { fingerprint } = found.groups[1] ?? {};
    const listed = await queue.deadLetters.list({ filter: { fingerprint } });
    expect(listed.map(({ body }) => body)).toEqual([6, 8]);
  });

  it('that a signal ends tell how many were looked at, and look at no further list', async () => {
    const { name } = await withDead();
    const surveyed: string[] = [];
    const connection = hearing(redis.connection(), (script) => surveyed.push(script));
    const { deadLetters } = await dividedQueue({ name, connection });
    const stop = new AbortController();
    const calls = () => surveyed.filter((script) => script === 'survey-dead').length;
    let before = 0;

    const found = await deadLetters.groups({
      signal: stop.signal,
      onProgress: ({ examined }) => {
        if (examined < 4) return;
        before = calls();
        stop.abort();
      },
    });

    expect(found).toMatchObject({ examined: 4, of: total, isInterrupted: true });
    // One for what follows in the same list, and one for the beginning of the next.
    expect(calls()).toBeLessThanOrEqual(before + 2);
    surveyed.length = 0;
    const result = await deadLetters.redrive({ filter: {}, signal: stop.signal });
    expect(result).toMatchObject({ redriven: 0, of: total, isInterrupted: true });
    expect(calls()).toBe(1);
  });
});

describe('redriven within the queue', () => {
  const inTheirLists = [
    [0, 8],
    [1, 4],
    [2, 5],
    [3, 6, 7],
  ];

  it('each stays in its list, and the sums are of all', async () => {
    const queue = await withDead();
    const told: unknown[] = [];

    const result = await queue.deadLetters.redrive({ onProgress: (so) => told.push(so) });

    expect(result).toEqual({ redriven: total, examined: total, of: total, isInterrupted: false });
    expect(told).toEqual(
      [2, 4, 6, 9].map((done) => ({ redriven: done, examined: done, of: total })),
    );
    expect(await returnedIn(queue)).toEqual(inTheirLists);
    expect(await queue.stats()).toMatchObject({ dead: 0, pending: total });
  });

  it('those that a filter means are, with other bodies', async () => {
    const queue = await withDead();

    const result = await queue.deadLetters.redrive({
      filter: { error: 'last' },
      map: (body, { entry }) => (body ?? 0) * 10 + entry.length,
    });

    expect(result).toMatchObject({ redriven: 2, examined: total, of: total });
    expect(await returnedIn(queue)).toEqual([[86], [], [], [68]]);
  });

  it('those with given entries are, and a signal ends that between the lists, too', async () => {
    const queue = await withDead();
    const stop = new AbortController();
    const entries = ['1000-1@2', '1000-1', '1000-1@9', '2000-2@2', '1000-1@2', '2000-9@2'];

    expect(await queue.deadLetters.redrive({ entries })).toEqual({
      redriven: 3,
      examined: 5,
      of: 5,
      isInterrupted: false,
    });
    expect(await returnedIn(queue)).toEqual([[0], [], [], [3, 7]]);

    const all = { redriven: 0, of: 0 };
    const rest = await queue.deadLetters.redrive({
      signal: stop.signal,
      onProgress: (so) => {
        Object.assign(all, so);
        if (so.redriven >= 3) stop.abort();
      },
    });
    expect(rest).toEqual({ redriven: 3, examined: 3, of: total - 3, isInterrupted: true });
    expect(all).toMatchObject({ redriven: 3, of: total - 3 });
    const filtered = { filter: {}, signal: stop.signal };
    expect(await queue.deadLetters.redrive(filtered)).toMatchObject({ isInterrupted: true });
    expect(await queue.deadLetters.count()).toBe(total - 6);
  });

  it.each(['all as they are', 'with other bodies'])(
    'those that die meanwhile are not: %s',
    async (kind) => {
      const queue = await withDead();
      const dying: Promise<void>[] = [];
      const die = () => {
        if (dying.length > 0) return;
        // On the same connection, so it is there before the next call.
        dying.push(addDead(queue, [{ at: 3, id: '9000-1', body: 100 }]));
      };
      const map = (body = 0) => {
        die();
        return body;
      };

      const options = kind === 'all as they are' ? { onProgress: die } : { map };
      expect(await queue.deadLetters.redrive(options)).toMatchObject({
        redriven: total,
        of: total,
      });

      await Promise.all(dying);
      expect((await queue.deadLetters.list()).map(({ entry }) => entry)).toEqual(['9000-1@2']);
    },
  );

  it('a rate is that of all lists together', async () => {
    const queue = await withDead(
      numbers(60).map((n) => ({ at: n % 4, id: `${n + 1}-1`, body: n })),
    );
    const startedAt = performance.now();

    expect(await queue.deadLetters.redrive({ ratePerSecond: 100 })).toMatchObject({ redriven: 60 });

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(400);
  });

  it('they are handled again, those of each key in their order', async () => {
    const queue = await dividedQueue();
    const items = numbers(60).map((body) => ({ body, key: `k${body % 7}` }));
    await queue.sendBatch(items);
    let isMended = false;
    const handled: number[] = [];
    const consumer = queue.consume(
      async (delivery) => {
        if (isMended) handled.push(delivery.body);
        else await delivery.deadLetter('rejected');
      },
      { concurrency: 8 },
    );
    consumer.on('failed', () => {});
    await eventually(async () => (await queue.deadLetters.count()) === 60);
    const seen = new Set((await queue.deadLetters.list()).map(({ entry }) => entry.split('@')[1]));
    expect(seen.size).toBeGreaterThan(1);

    isMended = true;
    expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 60 });

    await eventually(() => handled.length === 60);
    for (const remainder of numbers(7)) {
      const ofKey = handled.filter((body) => body % 7 === remainder);
      expect(ofKey).toEqual(sorted(ofKey));
    }
  });
});

describe('added', () => {
  it('each is where a send of it would be, and its entry is told in the place of the letter', async () => {
    const queue = redis.queue<number>({ partitions });
    const keys = ['k0', 'k1', 'k2', 'k3', 'k4'];
    const letters = keys.map((key, body) => ({ body, key, id: `m${body}` }));
    const kept = { body: 5, id: 'asked for', keepResultMs: 60_000 };

    const entries = await queue.deadLetters.add([...letters, kept]);

    const expected = [...keys, kept.id].map((text) => partitionOf(text, partitions));
    expect(entries.map((entry) => Number(entry.split('@')[1]))).toEqual(expected);
    const found = await Promise.all(entries.map((entry) => queue.deadLetters.get(entry)));
    expect(found.map((letter) => letter?.body)).toEqual(numbers(6));
    expect(new Set(expected).size).toBe(partitions);
  });

  it('those without a key are in the partitions by turns', async () => {
    const queue = redis.queue<number>({ partitions });

    const entries = await queue.deadLetters.add(numbers(300).map((body) => ({ body })));

    expect(new Set(entries.map((entry) => entry.split('@')[1]))).toEqual(new Set(['0', '1', '2']));
    expect(new Set(entries).size).toBe(300);
    const last = await queue.deadLetters.get(entries[299] ?? '');
    expect(last?.body).toBe(299);
  });
});

it('bounds are told as they were declared, and hold for the queue', async () => {
  const queue = await dividedQueue();
  await queue.deadLetters.setBounds({ maxLength: 30 });

  expect(await queue.deadLetters.bounds()).toMatchObject({ maxLength: 30 });
  await queue.deadLetters.add(numbers(300).map((body) => ({ body })));
  expect(await queue.deadLetters.count()).toBeLessThanOrEqual(30);
});

describe('redriven to a queue with partitions', () => {
  const letters: Dead[] = [
    ...numbers(6).map((n) => ({ at: 0, id: `${n + 1}-1`, body: n, header: `"key":"k${n}",` })),
    { at: 0, id: '7-1', body: 6, header: '"once":"done:a:b",' },
    { at: 0, id: '8-1', body: 7, header: '"result":60000,' },
  ];
  const texts = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'a:b', 'm7'];
  const expected = [
    [],
    ...numbers(partitions).map((partition) =>
      numbers(texts.length).filter((n) => partitionOf(texts[n] ?? '', partitions) === partition),
    ),
  ];

  /** The bodies that each list has, also of keys. */
  async function allIn(queue: TestQueue<number>): Promise<number[][]> {
    const all = listsOf(queue.name).map(async ({ returned, lists }) => {
      const keys = texts.map((text) => `${lists}${text}`);
      const read = [returned, ...keys].map((key) => queue.connection.call('LRANGE', [key, 0, -1]));
      const elements = (await Promise.all(read)).flat() as Buffer[];
      return sorted(elements.map((element) => Number(String(element).split('\n')[1])));
    });
    return Promise.all(all);
  }

  it.each(['a name', 'an object that has sent nothing yet'])(
    'each is where a send of it would put it: %s',
    async (kind) => {
      const source = redis.queue<number>();
      await addDead(source, letters);
      const isNamed = kind === 'a name';
      const target = isNamed ? await dividedQueue() : redis.queue<number>({ partitions });

      const result = await source.deadLetters.redrive({ to: isNamed ? target.name : target });

      expect(result).toMatchObject({ redriven: letters.length, of: letters.length });
      expect(await allIn(target)).toEqual(expected);
      expect(await source.deadLetters.count()).toBe(0);
      expect((await target.find('m0')) as object).toMatchObject({ origin: source.name });
      // The key of what is sent once counts there, where sends with this key go.
      expect(await target.send(0, { once: { key: 'a:b', until: 'done' } })).toBe('m6');
    },
  );

  it('those of all partitions go to a queue without any', async () => {
    const source = await withDead();
    const target = redis.queue<number>();

    expect(await source.deadLetters.redrive({ to: target })).toMatchObject({ redriven: total });

    expect(sorted((await returnedIn(target)).flat())).toEqual(numbers(total));
    const origins = (await target.peek(total)).map(({ origin }) => origin);
    expect(new Set(origins)).toEqual(new Set([source.name]));
    expect(await source.deadLetters.count()).toBe(0);
  });

  it('what was sent by a process that died before it could delete it is not sent again', async () => {
    const count = 240;
    const without = numbers(count).map((body) => {
      return { at: body % 4, id: `${1 + Math.floor(body / 4)}-1`, body };
    });
    const source = await withDead(without);
    const target = await dividedQueue();
    const connection = dyingAt('XDEL', redis.connection());
    const dying = await dividedQueue({ name: source.name, connection });
    await expect(dying.deadLetters.redrive({ to: target.name })).rejects.toThrow('died');
    expect((await target.stats()).pending).toBeGreaterThan(0);
    expect(await source.deadLetters.count()).toBe(count);

    const again = await source.deadLetters.redrive({ to: target.name });

    expect(again).toMatchObject({ redriven: count });
    const arrived = await returnedIn(target);
    expect(sorted(arrived.flat())).toEqual(numbers(count));
    // They may go anywhere, so each partition has some of them.
    expect(arrived.map(({ length }) => length > 0)).toEqual([false, true, true, true]);
  });
});

/** A connection of a process that dies when it calls this command. */
function dyingAt(command: string, connection: Connection): Connection {
  return around(connection, 'call', (called) => {
    if (called === command) throw new Error('died');
  });
}

/** A connection that tells the name of each script that is run. */
function hearing(connection: Connection, hear: (script: string) => void): Connection {
  return around(connection, 'run', (script) => hear((script as { name: string }).name));
}

function around(
  connection: Connection,
  method: 'call' | 'run',
  before: (first: unknown) => void,
): Connection {
  return new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== method) return value.bind(target);
      return (first: unknown, ...rest: unknown[]) => {
        before(first);
        return value.call(target, first, ...rest);
      };
    },
  });
}
