import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { queueKeys } from '../src/keys.js';
import { leftKeys } from './support/in-redis.js';
import { type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const program = fileURLToPath(new URL('support/redriving.mjs', import.meta.url));

interface Dead {
  reason?: string;
  error?: string;
  /** The header without the id. */
  header?: string;
  at?: number;
}

/** Writes dead letters with the bodies 0, 1, … as scripts do. */
async function addDead(queue: TestQueue<never>, letters: readonly Dead[]): Promise<void> {
  await Promise.all(
    letters.map(({ reason = 'failed', error = '', header = '', at }, n) => {
      const element = `\x011{"attempt":3,${header}"id":"id${n}","ts":1}\n${n}`;
      const fields = ['reason', reason, 'error', error, 'element', element];
      const entry = at === undefined ? '*' : `${at}-${n + 1}`;
      return queue.connection.call('XADD', [`{${queue.name}}:dead`, entry, ...fields]);
    }),
  );
}

const many = (count: number, letter: Dead = {}) => Array.from({ length: count }, () => letter);

async function bodies(queue: TestQueue<number>, count = 1000): Promise<(number | undefined)[]> {
  return (await queue.peek(count)).map(({ body }) => body);
}

describe('filters', () => {
  const letters: Dead[] = [
    { reason: 'failed', error: 'no user 1', at: 1000 },
    { reason: 'failed', error: 'no user 22', header: '"key":"a",', at: 2000 },
    { reason: 'rejected', error: '', header: '"key":"b",', at: 2000 },
    { reason: 'failed', error: 'timeout after 10 s', header: '"priority":9,', at: 3000 },
  ];

  it.each([
    ['a reason', { reason: 'rejected' }, [2]],
    ['a part of the error', { error: 'no user' }, [0, 1]],
    ['an expression', { error: /^no user \d$/ }, [0]],
    ['a key', { key: 'a' }, [1]],
    ['an id', { id: 'id3' }, [3]],
    ['a beginning', { since: new Date(2000) }, [1, 2, 3]],
    ['an end', { until: new Date(2000) }, [0, 1, 2]],
    ['several of them', { since: new Date(2000), until: new Date(2000), reason: 'failed' }, [1]],
    ['a function', ({ priority }: { priority: number }) => priority === 9, [3]],
  ])('%s selects what is listed and redriven', async (_, filter, expected) => {
    const queue = redis.queue<number>();
    await addDead(queue as never, letters);

    const listed = await queue.deadLetters.list({ filter });
    expect(listed.map(({ body }) => body)).toEqual(expected);
    const result = await queue.deadLetters.redrive({ filter });

    expect(result).toMatchObject({ redriven: expected.length, of: 4, isInterrupted: false });
    expect((await bodies(queue)).sort()).toEqual(expected);
    expect(await queue.deadLetters.count()).toBe(4 - expected.length);
  });

  it('a fingerprint of a group selects all dead letters of this group', async () => {
    const queue = redis.queue<number>();
    await addDead(queue as never, letters);

    const { groups, examined, of, isInterrupted } = await queue.deadLetters.groups();
    expect({ examined, of, isInterrupted }).toEqual({ examined: 4, of: 4, isInterrupted: false });
    expect(groups).toMatchObject([
      { reason: 'failed', error: 'no user <n>', count: 2, sample: { id: 'id1' } },
      { reason: 'rejected', error: '', count: 1 },
      { reason: 'failed', error: 'timeout after <n> s', count: 1 },
    ]);
    expect([groups[0]?.first, groups[0]?.last]).toEqual([new Date(1000), new Date(2000)]);

    const filter = { fingerprint: groups[0]?.fingerprint };
    expect(await queue.deadLetters.redrive({ filter })).toMatchObject({ redriven: 2 });
    expect(await bodies(queue)).toEqual([0, 1]);
  });

  it('filters and options that cannot work are refused', async () => {
    const { deadLetters } = redis.queue();
    const refused = [
      { filter: { reson: 'x' } },
      { filter: { since: '2020' } },
      { filter: { error: 1 } },
      { filter: 'failed' },
      { entries: ['1-1'], filter: {} },
      { ratePerSecond: 0 },
      { map: 1 },
      { to: 'a{b}' },
    ];
    for (const options of refused) {
      await expect(deadLetters.redrive(options as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });
});

it('groups look at a great number of dead letters in parts, and stop at a signal', async () => {
  const queue = redis.queue<number>();
  await addDead(queue as never, many(2500, { error: 'no' }));
  const parts: number[] = [];
  const stop = new AbortController();
  const onProgress = ({ examined }: { examined: number }) => parts.push(examined);

  const all = await queue.deadLetters.groups({ onProgress });
  expect(all.groups).toMatchObject([{ count: 2500 }]);
  expect(parts).toEqual([1000, 2000, 2500]);

  const some = await queue.deadLetters.groups({
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(some).toMatchObject({ examined: 1000, of: 2500, isInterrupted: true });
});

it('a redrive that a signal ends tells how many it has redriven', async () => {
  const queue = redis.queue<number>();
  await addDead(queue as never, many(1000));
  const stop = new AbortController();

  const result = await queue.deadLetters.redrive({
    signal: stop.signal,
    onProgress: ({ redriven }) => redriven >= 400 && stop.abort(),
  });

  expect(result).toEqual({ redriven: 400, examined: 400, of: 1000, isInterrupted: true });
  expect(await queue.stats()).toMatchObject({ pending: 400, dead: 600 });
  const again = await queue.deadLetters.redrive({ signal: stop.signal });
  expect(again).toMatchObject({ redriven: 0, of: 600, isInterrupted: true });
});

it('a rate is kept, and a signal ends the wait for it', async () => {
  const queue = redis.queue<number>();
  await addDead(queue as never, many(60));
  const startedAt = performance.now();
  expect(await queue.deadLetters.redrive({ ratePerSecond: 100 })).toMatchObject({ redriven: 60 });
  // The first tenth of a second's worth goes at once.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(490);

  await addDead(queue as never, many(2));
  const stop = new AbortController();
  const result = await queue.deadLetters.redrive({
    ratePerSecond: 1e-9,
    signal: stop.signal,
    onProgress: () => setImmediate(() => stop.abort()),
  });
  expect(result).toMatchObject({ redriven: 1, of: 2, isInterrupted: true });
});

it('a body is changed on the way, and all else stays', async () => {
  const queue = redis.queue<number>();
  await addDead(queue as never, [
    { header: '"key":"a",' },
    { header: '"priority":9,"once":"done:x",' },
  ]);

  const map = (body: number | undefined) => (body ?? 0) + 10;
  expect(await queue.deadLetters.redrive({ map })).toMatchObject({ redriven: 2 });

  expect(await queue.peek()).toMatchObject([
    { body: 11, id: 'id1', priority: 9, attempt: 0 },
    { body: 10, id: 'id0', key: 'a', attempt: 0 },
  ]);
  expect(await queue.send(0, { once: { key: 'x', until: 'done' } })).toBe('id1');
});

it('one dead letter is edited and redriven, also one that could not be read', async () => {
  const queue = redis.queue<number>();
  const dead = `{${queue.name}}:dead`;
  await addDead(queue as never, many(1));
  const fields = ['reason', 'malformed', 'error', '', 'element', '\x011{"id":1}\nx'];
  await queue.connection.call('XADD', [dead, '*', ...fields]);
  const [readable, unreadable] = await queue.deadLetters.list();

  expect(await queue.deadLetters.editAndRedrive(readable?.entry ?? '', 7)).toBe(true);
  expect(await queue.deadLetters.editAndRedrive(readable?.entry ?? '', 8)).toBe(false);
  expect(await queue.deadLetters.editAndRedrive(unreadable?.entry ?? '', 9)).toBe(true);

  expect(await bodies(queue)).toEqual([7, 9]);
  expect((await queue.peek())[1]?.id).toBe(unreadable?.entry);
});

it('when the function throws, what was redriven stays so, and the others stay dead letters', async () => {
  const queue = redis.queue<number>();
  await addDead(queue as never, many(450));
  const map = (body: number | undefined) => {
    if (body === 300) throw new Error('not this one');
    return body ?? 0;
  };

  await expect(queue.deadLetters.redrive({ map })).rejects.toThrow('not this one');

  expect(await queue.stats()).toMatchObject({ pending: 200, dead: 250 });
});

it('an expiry that has passed is left out, and one that has not passed stays', async () => {
  const queue = redis.queue<number>();
  const later = Date.now() + 1_000_000;
  await addDead(queue as never, [{ header: '"expires":5,' }, { header: `"expires":${later},` }]);

  await queue.deadLetters.redrive();

  const returned = await queue.connection.call('LRANGE', [queueKeys(queue.name).returned, 0, -1]);
  expect((returned as Buffer[]).map(String)).toEqual([
    `\x011{"expires":${later},"id":"id1","ts":1}\n1`,
    '\x011{"id":"id0","ts":1}\n0',
  ]);
});

it('dead letters tell where, when and by which consumer the last attempt failed', async () => {
  const queue = redis.queue<string>();
  await queue.send('a');
  function whereItFails(): never {
    throw new TypeError(`no ${'x'.repeat(5000)}`);
  }
  const consumer = queue.consume(whereItFails, { maxAttempts: 1 });
  consumer.on('failed', () => {});
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  const [letter] = await queue.deadLetters.list();
  expect(letter).toMatchObject({ reason: 'failed', attempt: 1, process: expect.anything() });
  expect(letter?.stack).toMatch(/^TypeError\n +at whereItFails/);
  expect(letter?.stack?.length).toBeLessThan(2001);
  expect(letter?.consumer).toMatch(/^\S+\.\d+$/);
  expect(letter?.process).toMatch(new RegExp(`:${process.pid}$`));
  expect(letter?.ranMs).toBeGreaterThan(0);
  expect(await queue.deadLetters.get(letter?.entry ?? '')).toEqual(letter);
  expect(await queue.deadLetters.get('1-1')).toBeUndefined();
});

describe('to another queue', () => {
  it('they keep their id, key and priority, and tell where they come from', async () => {
    const queue = redis.queue<number>();
    const other = redis.queue<number>();
    await addDead(queue as never, [{ header: '"key":"a",' }, { header: '"priority":9,' }]);
    await queue.connection.call('XADD', [`{${queue.name}}:dead`, '*', 'element', '\x011{"x']);

    expect(await queue.deadLetters.redrive({ to: other })).toMatchObject({ redriven: 3, of: 3 });

    const origin = queue.name;
    expect(await other.peek()).toMatchObject([
      { body: 1, id: 'id1', priority: 9, origin },
      { bytes: Buffer.from('\x011{"x') },
      { body: 0, id: 'id0', key: 'a', origin },
    ]);
    expect(await queue.deadLetters.count()).toBe(0);
    const consumer = other.consume((delivery) => delivery.deadLetter());
    consumer.on('failed', () => {});
    await eventually(async () => (await other.deadLetters.count()) === 3);
    expect(
      (await other.deadLetters.list()).filter((letter) => letter.origin === origin),
    ).toHaveLength(2);
    await consumer.stop();
    await other.deadLetters.purge();
    expect(await leftKeys(other as never, 'dead')).toEqual([
      expect.stringContaining(`{${other.name}}:redriven:`),
    ]);
  });

  it('what was sent by a process that died before it could delete it is not sent again', async () => {
    const queue = redis.queue<number>();
    const other = redis.queue<number>();
    await addDead(queue as never, many(300));
    const dying = redis.queue<number>({
      name: queue.name,
      connection: failingAt('XDEL', redis.connection()),
    });
    await expect(dying.deadLetters.redrive({ to: other.name })).rejects.toThrow('died');
    expect(await other.stats()).toMatchObject({ pending: 200 });
    expect(await queue.deadLetters.count()).toBe(300);

    expect(await queue.deadLetters.redrive({ to: other.name })).toMatchObject({ redriven: 300 });

    expect((await bodies(other)).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
  });

  it('none is lost and none is doubled by processes that are killed, two at a time', async () => {
    const queue = redis.queue<number>();
    const other = uniqueName();
    await addDead(queue as never, many(1000));
    const start = () => {
      const child = spawn(process.execPath, [program, redis.url, queue.name, other], {
        stdio: 'inherit',
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      return { child, ended: once(child, 'close') };
    };

    for (const left of [700, 400]) {
      const both = [start(), start()];
      await eventually(async () => (await queue.deadLetters.count()) <= left);
      for (const { child } of both) child.kill('SIGKILL');
      await Promise.all(both.map(({ ended }) => ended));
    }
    await queue.deadLetters.redrive({ to: other });

    const arrived = await redis.queue<number>({ name: other }).peek(2000);
    expect(arrived.map(({ body }) => Number(body)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, n) => n),
    );
  });
});

/** A connection of a process that dies when it calls this command. */
function failingAt(command: string, connection: Connection): Connection {
  return new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'call') return value.bind(target);
      return (called: string, ...rest: [never]) => {
        if (called === command) throw new Error('died');
        return target.call(called, ...rest);
      };
    },
  });
}
