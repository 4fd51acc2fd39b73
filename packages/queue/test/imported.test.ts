import type { Codec } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Flow, type NewDeadLetter, type SendOptions } from '../src/index.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it.each<[what: string, options: SendOptions]>([
  ['in the list', {}],
  ['with a time to live', { ttlMs: 60_000 }],
  ['with a delay and a time to live', { delayMs: 1, ttlMs: 60_000 }],
  ['with a priority', { priority: 7 }],
  ['with a key', { key: 'k', ttlMs: 60_000 }],
  ['with a result', { keepResultMs: 60_000, timeoutMs: 10_000, ttlMs: 60_000 }],
  ['once until it is taken', { once: { key: 'o', until: 'taken' } }],
  ['once until it is done, with a key', { once: { key: 'o', until: 'done' }, key: 'k' }],
  ['debounced', { debounce: { key: 'd', ms: 1 }, ttlMs: 60_000, priority: 7 }],
])('a message that was attempted elsewhere goes on from there: %s', async (_, options) => {
  const queue = redis.queue<string>();
  const id = await queue.send('a', { ...options, attempt: 3, headers: { h: 'v' } });
  const { key, priority = 4 } = options;
  const found = await queue.receive();
  expect(found).toMatchObject({ id, attempt: 4, body: 'a', key, priority, headers: { h: 'v' } });
  await found?.retry();
  const again = await queue.receive();
  expect(again).toMatchObject({ id, attempt: 5, key, priority });
  await again?.ack();
  if (options.keepResultMs !== undefined) {
    expect(await queue.result(id)).toMatchObject({ state: 'done', attempt: 5 });
  }
  if (options.once) expect(await queue.send('b', options)).not.toBe(id);
});

it('a debounced message has the attempts of the last one, and the id of the first', async () => {
  const queue = redis.queue<string>();
  const debounce = { key: 'd', ms: 60_000 };
  const id = await queue.send('a', { debounce });
  await queue.send('b', { debounce, attempt: 2, priority: 7 });
  expect(await queue.update(id, { delayMs: 0 })).toBe('updated');
  expect(await queue.receive()).toMatchObject({ id, body: 'b', attempt: 3, priority: 7 });
});

it('what follows a message, and a member of a flow, may have attempts', async () => {
  const queue = redis.queue<string>();
  await queue.send('a');
  const first = await queue.receive();
  await first?.ack({ send: [{ queue, body: 'b', attempt: 1, ttlMs: 60_000 }] });
  const second = await queue.receive();
  expect(second).toMatchObject({ body: 'b', attempt: 2 });
  await second?.ack();
  const { connection } = queue;
  const flow = await Flow.open({ connection, then: { queue, body: 'then', attempt: 6 } });
  await flow.send(queue, 'c', { attempt: 4, key: 'k' });
  await flow.close();
  const member = await queue.receive();
  expect(member).toMatchObject({ body: 'c', attempt: 5, key: 'k' });
  await member?.ack();
  expect(await queue.receive()).toMatchObject({ body: 'then', attempt: 7 });
});

it('a message with more attempts than there may be is attempted once, and is a dead letter if that fails', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  queue.consume(
    ({ body }) => {
      handled.push(body);
      if (body === 'fails') throw new Error('no');
    },
    { maxAttempts: 3 },
  );
  await queue.send('works', { attempt: 999_999_999 });
  await queue.send('fails', { attempt: 7 });
  await eventually(async () => (await queue.deadLetters.count()) === 1);
  expect(handled).toEqual(['works', 'fails']);
  expect(await queue.deadLetters.list()).toMatchObject([{ body: 'fails', attempt: 8 }]);
});

it('what cannot be a number of attempts is refused by its name', async () => {
  const queue = redis.queue<string>();
  for (const attempt of [-1, 1.5, 1_000_000_000, Number.NaN, '3' as never, null as never]) {
    expect(await rejection(queue.send('a', { attempt }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('attempt'),
    });
  }
  expect(await rejection(queue.send('a', { attempt: 1, bare: true }))).toMatchObject({
    message: expect.stringContaining('A bare message cannot have attempt'),
  });
  expect(await queue.send('a', { attempt: 0, bare: true })).toBeDefined();
  expect((await queue.stats()).pending).toBe(1);
});

it('dead letters of another system are listed, counted in no statistics, and redriven like others', async () => {
  const queue = redis.queue<{ n: number }>();
  const entries = await queue.deadLetters.add([
    {
      body: { n: 1 },
      id: 'one',
      headers: { from: 'elsewhere' },
      key: 'k',
      attempt: 5,
      timeoutMs: 1000,
      keepResultMs: 60_000,
      reason: 'failed',
      error: 'connect ECONNREFUSED',
      stack: 's'.repeat(3000),
    },
    { body: { n: 2 }, priority: 7 },
  ]);
  const letters = await queue.deadLetters.list();
  expect(letters.map(({ entry }) => entry)).toEqual(entries);
  expect(letters).toMatchObject([
    {
      body: { n: 1 },
      id: 'one',
      headers: { from: 'elsewhere' },
      key: 'k',
      attempt: 5,
      reason: 'failed',
      error: 'connect ECONNREFUSED',
      stack: 's'.repeat(2000),
    },
    { body: { n: 2 }, priority: 7, attempt: 0, reason: 'imported', error: '', stack: undefined },
  ]);
  expect(await queue.stats()).toMatchObject({ dead: 2, total: { dead: 0 } });
  expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 2 });
  expect(await queue.receive()).toMatchObject({ body: { n: 2 }, priority: 7, attempt: 1 });
  expect(await queue.receive()).toMatchObject({ body: { n: 1 }, key: 'k', attempt: 1 });
});

it('as many dead letters as there are can be added, in their order and within the bounds', async () => {
  const queue = redis.queue<string>();
  const body = 'x'.repeat(1000);
  const letters = Array.from({ length: 700 }, (_, n) => ({ body, id: String(n) }));
  const entries = await queue.deadLetters.add(letters);
  expect(new Set(entries).size).toBe(700);
  const listed = await queue.deadLetters.list({ limit: 1000 });
  expect(listed.map(({ id }) => id)).toEqual(letters.map(({ id }) => id));

  await queue.deadLetters.setBounds({ maxLength: 2 });
  await queue.deadLetters.add([{ body: 'a' }, { body: 'b' }, { body: 'c' }]);
  expect((await queue.deadLetters.list()).map((letter) => letter.body)).toEqual(['b', 'c']);
});

it('nothing is added when one of the dead letters cannot be', async () => {
  const queue = redis.queue<unknown>();
  const bad: [letter: object, said: string][] = [
    [{ body: 1, delayMs: 5 }, 'delayMs'],
    [{ body: 1, once: { key: 'o', until: 'done' } }, 'once'],
    [{ body: 1, bare: true }, 'bare'],
    [{ body: 1, reason: '' }, 'reason must be a non-empty string'],
    [{ body: 1, error: new Error('no') }, 'error must be a string'],
    [{ body: 1, stack: 5 }, 'stack must be a string'],
    [{ body: 1, attempt: -1 }, 'attempt'],
    [{ body: 1, key: 'k', priority: 3 }, 'a key or a priority'],
    [{ body: 1n }, 'BigInt'],
  ];
  for (const [letter, said] of bad) {
    const added = queue.deadLetters.add([{ body: 0 }, letter as NewDeadLetter]);
    expect((await rejection(added)).message).toContain(said);
  }
  expect(await rejection(queue.deadLetters.add({ body: 1 } as never))).toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  expect(await queue.deadLetters.add([])).toEqual([]);
  expect(await queue.deadLetters.count()).toBe(0);
});

it('bodies of dead letters are written by the codec of the queue', async () => {
  const codec: Codec<string> = {
    name: 'reversed',
    encode: (body) => [...body].reverse().join(''),
    decode: (bytes) => [...String(bytes)].reverse().join(''),
  };
  const queue = redis.queue<string>({ codec });
  await queue.deadLetters.add([{ body: 'abc' }]);
  const [letter] = await queue.deadLetters.list();
  expect([letter?.body, String(letter?.bytes)]).toEqual(['abc', 'cba']);
});
