import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { calls, consumersOf, expireLeases } from './support/in-redis.js';
import {
  openConnection,
  startOwnRedis,
  type TestQueue,
  uniqueName,
  useRedis,
} from './support/use-redis.js';

const redis = useRedis();
const day = 86_400_000;
const defaults = { maxLength: 10_000, maxAgeMs: 90 * day };
const unbounded = { maxLength: Infinity, maxAgeMs: Infinity };

const program = fileURLToPath(new URL('support/dead-lettering.mjs', import.meta.url));

/** A process whose consumer dead-letters each message, and which declares nothing. */
function startProcess(name: string): ChildProcess {
  const child = spawn(process.execPath, [program, redis.url, name], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function sendMany(queue: TestQueue<number>, count: number): Promise<void> {
  await queue.sendBatch(Array.from({ length: count }, (_, body) => ({ body, id: `id${body}` })));
}

/** Writes dead letters that died at these times, the oldest first. */
async function addDead(queue: TestQueue<never>, diedAt: readonly number[]): Promise<void> {
  const dead = `{${queue.name}}:dead`;
  const fields = ['reason', 'failed', 'error', '', 'element', '1'];
  await Promise.all(
    diedAt.map((ms, n) => queue.connection.call('XADD', [dead, `${ms}-${n + 1}`, ...fields])),
  );
}

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

async function shapeOf(queue: TestQueue<never>): Promise<string[]> {
  const fields = await queue.connection.call('HGETALL', [`{${queue.name}}:shape`]);
  return (fields as Buffer[]).map(String);
}

const isDeclared = (queue: TestQueue<never>) =>
  eventually(async () => (await shapeOf(queue)).length > 0);

it('consumers in processes that declare nothing obey, also when one of them is killed', async () => {
  const queue = redis.queue<number>({ deadLetters: { maxLength: 10 } });
  await isDeclared(queue as never);
  const children = [startProcess(queue.name), startProcess(queue.name)];
  for (const [at, child] of children.entries()) {
    const before = (await queue.stats()).total.dead;
    await sendMany(queue, 2000);
    await eventually(async () => (await queue.stats()).total.dead > before + 200);
    child.kill('SIGKILL');
    const { dead, total } = await queue.stats();
    expect(dead).toBe(10);
    expect(total.trimmed).toBe(total.dead - 10);
    if (at === 0) continue;
    // What the processes held comes back, in this one.
    const consumer = queue.consume((delivery) => delivery.deadLetter('no'));
    consumer.on('failed', () => {});
    const others = (await consumersOf(queue as never)).filter((name) => name.endsWith('.30000'));
    await expireLeases(queue as never, others);
    await eventually(async () => (await queue.stats()).total.dead === 4000, 60_000);
  }
  const { dead, total } = await queue.stats();
  expect({ dead, trimmed: total.trimmed }).toEqual({ dead: 10, trimmed: 3990 });
});

it('the newest dead letters are kept, exactly as many as declared', async () => {
  const queue = redis.queue<number>({ deadLetters: { maxLength: 3 } });
  await isDeclared(queue as never);
  await sendMany(queue, 7);
  for (let body = 0; body < 7; body += 1) {
    await (await queue.receive())?.deadLetter();
    const kept = (await queue.deadLetters.list()).map((letter) => letter.body);
    expect(kept).toEqual(Array.from({ length: body + 1 }, (_, n) => n).slice(-3));
  }
  expect((await queue.stats()).total).toMatchObject({ dead: 7, trimmed: 4 });
});

it('a message that killed its consumers becomes a dead letter within the bounds', async () => {
  const queue = redis.queue<number>({ deadLetters: { maxLength: 1 } });
  await isDeclared(queue as never);
  await addDead(queue as never, [Date.now() - 1000]);
  await queue.send(1);
  const open = () =>
    redis.queue<number>({
      name: queue.name,
      connection: openConnection(redis.url),
      consume: { maxAttempts: 2 },
    });
  for (let crash = 1; crash <= 2; crash += 1) {
    expect((await open().receive())?.body).toBe(1);
    await expireLeases(queue as never, await consumersOf(queue as never));
  }
  expect(await open().receive({ timeoutMs: 0 })).toBeUndefined();
  await eventually(async () => (await queue.stats()).total.dead === 1);
  expect(await queue.deadLetters.list()).toMatchObject([{ body: 1, reason: 'crashed' }]);
  expect((await queue.stats()).total.trimmed).toBe(1);
});

it('dead letters that are too old are deleted while a consumer runs, also when no other message dies', async () => {
  const queue = redis.queue<number>({ deadLetters: { maxAgeMs: day } });
  const worker = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  worker.consume(() => {});
  await isDeclared(queue as never);
  await eventually(async () => (await queue.stats()).consumers === 1);
  // The second time, only the clock can tell the consumer.
  for (const trimmed of [251, 502]) {
    const now = Date.now();
    await addDead(queue as never, [...times(250, now - 2 * day), now - day - 1, now - day / 2]);
    await eventually(async () => (await queue.stats()).dead === 1);
    expect(await queue.deadLetters.list()).toMatchObject([{ diedAt: new Date(now - day / 2) }]);
    expect((await queue.stats()).total.trimmed).toBe(trimmed);
    await queue.connection.call('DEL', [`{${queue.name}}:dead`]);
  }
});

it('a declaration deletes what is above the bounds, by calls of limited size', async () => {
  const own = await startOwnRedis();
  const connection = openConnection(own.url);
  const queue = redis.queue<number>({ connection });
  const now = Date.now();
  await addDead(queue as never, [...times(3210, now - 2 * day), ...times(2500, now - 1000)]);
  await queue.deadLetters.setBounds({ maxAgeMs: day });
  expect(await queue.deadLetters.count()).toBe(2500);
  await queue.deadLetters.setBounds({ maxLength: 100 });
  expect(await queue.deadLetters.count()).toBe(100);
  expect((await queue.stats()).total.trimmed).toBe(5610);
  expect(await calls(connection, 'xtrim')).toBeGreaterThanOrEqual(6);
});

it('many objects that declare the same give the shape one version, which consumers read once', async () => {
  const own = await startOwnRedis();
  const connection = openConnection(own.url);
  const name = uniqueName();
  const first = redis.queue<number>({ name, connection, deadLetters: { maxLength: 50 } });
  await isDeclared(first as never);
  first.consume(() => {});
  const version = async () => String(await connection.call('HGET', [`{${name}}:shape`, 'version']));
  const confirmed = async () =>
    String(await connection.call('HVALS', [`{${name}}:seen`])) === (await version());
  await eventually(confirmed);
  const before = await version();
  const read = await calls(connection, 'hgetall');
  for (let n = 0; n < 20; n += 1) {
    const declared = await calls(connection, 'evalsha');
    redis.queue({ name, connection, deadLetters: { maxLength: 50, maxAgeMs: 90 * day } });
    await eventually(async () => (await calls(connection, 'evalsha')) > declared + 1);
  }
  expect(await version()).toBe(before);
  await first.deadLetters.setBounds({ maxLength: 51 });
  expect(await version()).not.toBe(before);
  await eventually(confirmed);
  // Once, or once more when the signal and the answer to a call tell of the change at the same time.
  const reads = (await calls(connection, 'hgetall')) - read;
  expect(reads).toBeGreaterThanOrEqual(1);
  expect(reads).toBeLessThanOrEqual(2);
});

it('a queue without the option keeps what others declared, and declares nothing', async () => {
  const plain = redis.queue<number>();
  await plain.send(1);
  await (await plain.receive())?.deadLetter();
  expect(await shapeOf(plain as never)).toEqual([]);
  expect(await plain.deadLetters.bounds()).toEqual(unbounded);

  const other = redis.queue<number>({ name: plain.name, deadLetters: { maxLength: 5 } });
  await isDeclared(other as never);
  const third = redis.queue<number>({ name: plain.name, connection: openConnection(redis.url) });
  await third.send(2);
  await third.pause();
  await third.resume();
  expect(await third.deadLetters.bounds()).toEqual({ ...defaults, maxLength: 5 });
});

it.each([
  [{}, defaults],
  [{ maxLength: 7 }, { ...defaults, maxLength: 7 }],
  [
    { maxLength: undefined, maxAgeMs: 7 },
    { ...defaults, maxAgeMs: 7 },
  ],
  [{ maxLength: Infinity }, { ...defaults, maxLength: Infinity }],
  [
    { maxLength: 7, maxAgeMs: Infinity },
    { ...unbounded, maxLength: 7 },
  ],
])('deadLetters: %o declares %o', async (deadLetters, bounds) => {
  const queue = redis.queue({ deadLetters });
  await isDeclared(queue as never);
  expect(await queue.deadLetters.bounds()).toEqual(bounds);
});

it('"unbounded" takes the bounds away, and leaves no key', async () => {
  const queue = redis.queue<number>({ deadLetters: { maxLength: 1 } });
  await isDeclared(queue as never);
  redis.queue({ name: queue.name, deadLetters: 'unbounded' });
  await eventually(async () => (await shapeOf(queue as never)).length === 0);
  await sendMany(queue, 3);
  for (let n = 0; n < 3; n += 1) await (await queue.receive())?.deadLetter();
  expect(await queue.stats()).toMatchObject({ dead: 3, total: { trimmed: 0 } });
  expect(await queue.deadLetters.bounds()).toEqual(unbounded);
});

it('a declaration that fails is told by the event error, and is tried again until it has succeeded', async () => {
  const blocked = redis.queue();
  const { connection, name } = blocked;
  await connection.call('SET', [`{${name}}:shape`, 'in the way']);
  const queue = redis.queue({ name, connection, deadLetters: { maxLength: 5 } });
  const errors: Error[] = [];
  queue.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  expect(errors).toMatchObject([{ code: 'WRONG_TYPE', key: `{${name}}:shape` }]);
  await connection.call('DEL', [`{${name}}:shape`]);
  await isDeclared(queue as never);
  expect(await queue.deadLetters.bounds()).toMatchObject({ maxLength: 5 });
});

it('what a call declares is not undone by what the constructor still tries to declare', async () => {
  const blocked = redis.queue();
  const { connection, name } = blocked;
  await connection.call('SET', [`{${name}}:shape`, 'in the way']);
  const queue = redis.queue({ name, connection, deadLetters: { maxLength: 5 } });
  const errors: Error[] = [];
  queue.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  await connection.call('DEL', [`{${name}}:shape`]);
  await queue.deadLetters.setBounds({ maxLength: 6 });
  await queue.close();
  expect(await queue.deadLetters.bounds()).toMatchObject({ maxLength: 6 });
});

it('close does not wait for a Redis that is away, and the declaration ends with it', async () => {
  const connection = openConnection('redis://127.0.0.1:1', { callTimeoutMs: 60_000 });
  const queue = new Queue('q', { connection, deadLetters: {} });
  const errors: Error[] = [];
  queue.on('error', (error) => errors.push(error));
  await queue.close();
  await connection.close();
  expect(errors).toEqual([]);
});

it('what is declared just before close has been written', async () => {
  const other = redis.queue();
  const connection = openConnection(redis.url);
  const queue = new Queue(other.name, { connection, deadLetters: {} });
  await queue.close();
  await connection.close();
  expect(await other.deadLetters.bounds()).toEqual(defaults);
});

it.each([
  [null, 'deadLetters must be { maxLength, maxAgeMs } or "unbounded", got null'],
  [false, 'deadLetters must be { maxLength, maxAgeMs } or "unbounded", got false'],
  ['none', 'deadLetters must be { maxLength, maxAgeMs } or "unbounded", got "none"'],
  [{ maxLength: 0 }, 'deadLetters.maxLength must be a whole number at least 1, got 0'],
  [{ maxLength: '5' }, 'deadLetters.maxLength must be a whole number at least 1, got "5"'],
  [{ maxAgeMs: 1.5 }, 'deadLetters.maxAgeMs must be a whole number from 1'],
  [{ maxAgeMs: Number.NaN }, 'deadLetters.maxAgeMs must be a whole number from 1'],
  [{ maxAge: 5 }, 'deadLetters has no option "maxAge". Did you mean maxAgeMs?'],
])('deadLetters: %o is refused', async (deadLetters, message) => {
  const { connection, deadLetters: letters } = redis.queue();
  const made = () => new Queue(uniqueName(), { connection, deadLetters: deadLetters as never });
  expect(made).toThrow(message);
  const error = await rejection(letters.setBounds(deadLetters as never));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});
