import { bytes, text } from '@redpost/core';
import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { List } from '../src/index.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const list = <Value>(options = {}) =>
  new List<Value>(uniqueName(), { connection: redis.connection(), ...options });

it('pushes and pops at both ends', async () => {
  const tasks = list<string>();

  expect(await tasks.lpush('b', 'a')).toBe(2);
  expect(await tasks.rpush('c', 'd')).toBe(4);

  expect(await tasks.lrange()).toEqual(['a', 'b', 'c', 'd']);
  expect([await tasks.lpop(), await tasks.rpop()]).toEqual(['a', 'd']);
  expect(await tasks.llen()).toBe(2);
});

it('pops several at once, in the order they are taken', async () => {
  const tasks = list<number>();
  await tasks.rpush(1, 2, 3, 4, 5);

  expect(await tasks.lpop(2)).toEqual([1, 2]);
  expect(await tasks.rpop(2)).toEqual([5, 4]);
  expect(await tasks.lpop(9)).toEqual([3]);
  expect(await tasks.lpop(1)).toEqual([]);
  expect(await tasks.rpop()).toBeUndefined();
});

it('reads without taking', async () => {
  const tasks = list<number>();
  await tasks.rpush(1, 2, 3);

  expect([await tasks.lindex(0), await tasks.lindex(-1), await tasks.lindex(7)]).toEqual([
    1,
    3,
    undefined,
  ]);
  expect(await tasks.lrange(1, -1)).toEqual([2, 3]);
  expect(await tasks.llen()).toBe(3);
});

it('waits for a value', async () => {
  const tasks = list<number>();
  const other = new List<number>(tasks.name, { connection: redis.connection() });

  const waiting = [tasks.blpop(), other.brpop({ timeoutMs: 30_000 })];
  await tasks.rpush(1, 2);

  expect((await Promise.all(waiting)).sort()).toEqual([1, 2]);
});

it('gives up when the time is up, or the signal is aborted', async () => {
  const tasks = list<number>();
  const abort = new AbortController();

  expect(await tasks.blpop({ timeoutMs: 0 })).toBeUndefined();
  expect(await tasks.brpop({ timeoutMs: 30 })).toBeUndefined();
  expect(await tasks.blmove(list(), { timeoutMs: 30 })).toBeUndefined();
  const waiting = tasks.blpop({ signal: abort.signal });
  abort.abort('enough');
  await expect(waiting).rejects.toBe('enough');

  await tasks.lpush(1);
  expect(await tasks.llen()).toBe(1);
});

it('takes from the first of several lists that has a value, and says which', async () => {
  const connection = redis.connection();
  const [a, b] = [list<string>({ connection }), list<string>({ connection })];
  await b.rpush('x', 'y');

  expect(await List.blpop([a, b])).toEqual({ list: b, value: 'x' });
  await a.rpush('z');
  expect(await List.brpop([a, b])).toEqual({ list: a, value: 'z' });
  expect((await rejection(List.blpop([]))).code).toBe('INVALID_ARGUMENT');
});

it('moves a value from any end to any end', async () => {
  const connection = redis.connection();
  const [from, to] = [list<number>({ connection }), list<number>({ connection })];
  await from.rpush(1, 2, 3, 4);

  expect(await from.lmove(to)).toBe(4);
  expect(await from.lmove(to, { from: 'left', to: 'right' })).toBe(1);
  expect(await from.blmove(to, { from: 'left' })).toBe(2);
  expect(await from.blmove(to, { to: 'right', timeoutMs: 1000 })).toBe(3);

  expect(await to.lrange()).toEqual([2, 4, 1, 3]);
  expect(await from.lmove(to)).toBeUndefined();
  expect((await rejection(from.lmove(to, { from: 'top' as never }))).code).toBe('INVALID_ARGUMENT');
});

it('carries any bytes', async () => {
  const blobs = list<Uint8Array>({ codec: bytes() });
  const blob = Buffer.from([0, 255, 254, 10, 13, 1]);

  await blobs.rpush(blob, new Uint8Array(0));

  expect(Buffer.from((await blobs.lpop()) ?? [])).toEqual(blob);
  expect(await blobs.blpop()).toHaveLength(0);
});

it('is what redis-cli sees', async () => {
  const connection = redis.connection();
  const tasks = list<string>({ connection, codec: text() });
  await connection.call('LPUSH', [tasks.name, 'task1']);

  expect(await tasks.rpop()).toBe('task1');
  await tasks.lpush('');
  expect(await tasks.rpop()).toBe('');
});

it('says what is wrong, with the bytes of what it cannot read', async () => {
  const connection = redis.connection();
  const tasks = list<unknown>({ connection });
  await connection.call('LPUSH', [tasks.name, '{']);

  expect(await rejection(tasks.lpop())).toMatchObject({ code: 'DECODE', bytes: Buffer.from('{') });
  expect((await rejection(tasks.lpush())).code).toBe('INVALID_ARGUMENT');
  expect((await rejection(tasks.lpush(10n))).code).toBe('ENCODE');
  expect((await rejection(tasks.lpop(0))).code).toBe('INVALID_ARGUMENT');
  expect((await rejection(tasks.lindex(0.5))).code).toBe('INVALID_ARGUMENT');
  expect(() => new List('', { connection })).toThrow(/name of a list/);
  await connection.call('SET', [tasks.name, 'x']);
  expect(await rejection(tasks.llen())).toMatchObject({ code: 'WRONG_TYPE' });
});
