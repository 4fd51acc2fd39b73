import type { Connection } from '@redpost/core';
import { expect } from 'vitest';
import { eventually } from '../../../../tooling/eventually.js';
import type { QueueKeys } from '../../src/keys.js';
import { type Shape, shapeOf } from '../../src/shape/shape.js';
import type { TestQueue } from './use-redis.js';

/** The keys of a queue that say who holds what: at rest there are none. */
export async function heldKeys(connection: Connection, name: string): Promise<string[]> {
  const keys = (await connection.call('KEYS', [`{${name}}:*`])) as Buffer[];
  return keys.map(String).filter((key) => /\}:(active|batches|handoff):/.test(key));
}

/** What is left in Redis of a queue beside its shape, the counters, what consumers leave for a while, and these. */
export async function leftKeys(
  { connection, name }: Pick<TestQueue<never>, 'connection' | 'name'>,
  ...besides: string[]
): Promise<string[]> {
  const keys = (await connection.call('KEYS', [`*${name}*`])) as Buffer[];
  const expected = ['shape', 'seen', 'stats', 'series', 'consumers', 'idle', 'windows', ...besides];
  const isExpected = (key: string) =>
    key.includes('}:consumer:') || expected.some((end) => key.endsWith(`:${end}`));
  return keys.map(String).filter((key) => !isExpected(key));
}

/** Waits until nobody holds a message, and says how many there are in each state. */
export async function atRest(queue: TestQueue<never>): Promise<{
  pending: number;
  delayed: number;
  dead: number;
}> {
  await eventually(async () => (await heldKeys(queue.connection, queue.name)).length === 0);
  const { pending, active, delayed, dead } = await queue.stats();
  expect(active).toBe(0);
  return { pending, delayed, dead };
}

/** Those who hold a lease now. */
export async function consumersOf(queue: TestQueue<never>): Promise<string[]> {
  const reply = await queue.connection.call('ZRANGE', [`{${queue.name}}:consumers`, 0, -1]);
  return (reply as Buffer[]).map(String).filter((name) => !name.startsWith('~'));
}

/** Ends the leases of these consumers, as if they had not been heard of for long. */
export async function expireLeases(queue: TestQueue<never>, consumers: string[]): Promise<void> {
  for (const consumer of consumers) {
    await queue.connection.call('ZADD', [`{${queue.name}}:consumers`, 'XX', 1, consumer]);
  }
}

/** The elements that wait, those that were returned and those of the list, the next one first. */
export async function elements(
  queue: TestQueue<never>,
  order: 'fifo' | 'lifo' = 'fifo',
): Promise<string[]> {
  const read = async (key: string) => {
    const reply = await queue.connection.call('LRANGE', [key, 0, -1]);
    return (reply as Buffer[]).map(String);
  };
  const returned = await read(`{${queue.name}}:returned`);
  const listed = await read(queue.name);
  return [...returned.reverse(), ...(order === 'fifo' ? listed.reverse() : listed)];
}

/** How often the server has executed a command. */
export async function calls(connection: Connection, command: string): Promise<number> {
  const info = String(await connection.call('INFO', ['commandstats']));
  const [, count] = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info) ?? [];
  return Number(count ?? 0);
}

export function deferred<Value = void>() {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** True when a consumer waits in the server for a message. */
export async function isBlocked(connection: Connection): Promise<boolean> {
  return (await countBlocked(connection)) > 0;
}

/** How many consumers wait in the server for a message. */
export async function countBlocked(connection: Connection): Promise<number> {
  const clients = String(await connection.call('CLIENT', ['LIST']));
  return clients.match(/name=redpost:blocking .* flags=\w*b\w* .* cmd=blmove/g)?.length ?? 0;
}

/** What a queue has declared. */
export async function declaredShape(connection: Connection, keys: QueueKeys): Promise<Shape> {
  return shapeOf((await connection.call('HGETALL', [keys.shape])) as Buffer[]);
}
