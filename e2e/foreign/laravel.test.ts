import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { laravelJobs } from '@redpost/formats/laravel';
import { Queue } from '@redpost/queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { rejection } from '../../tooling/rejection.js';
import { ForeignProcess } from './support/foreign-process.js';
import { programOf } from './support/system.js';

const php = programOf('laravel');
const list = 'app-queues:default';
let redis: EmbeddedRedis;
let connection: Connection;

beforeEach(async () => {
  redis = await startRedis();
  connection = connect(redis.url);
});

afterEach(async () => {
  await connection?.close();
  await redis?.stop();
});

function start(program: string, args: readonly string[]): ForeignProcess {
  return new ForeignProcess(program, args, { REDIS_URL: redis.url });
}

const startWorker = () => start(php, ['laravel_worker.php']);
const startConsumer = (...args: string[]) =>
  start(process.execPath, ['laravel-consumer.mjs', ...args]);

/** What a program that uses Laravel prints. */
async function call(name: string): Promise<unknown> {
  await using program = start(php, ['laravel_calls.php', name]);
  return JSON.parse((await program.done()).trim().split('\n').at(-1) ?? '');
}

/** What jobs have noted. */
async function done(): Promise<string[]> {
  return ((await connection.call('LRANGE', ['app-done', 0, -1])) as Buffer[]).map(String);
}

it('a queue of the name of a queue of Laravel sends nothing to it', async () => {
  await call('push');
  expect(await rejection(new Queue(list, { connection }).send({ a: 1 }))).toMatchObject({
    code: 'NAME_TAKEN',
    system: 'Laravel',
  });
});

describe('a worker of Laravel', () => {
  it('runs a job of the least message that the documents name', async () => {
    await using _ = startWorker();
    const job = { job: 'SendMail@handle', data: { to: 'ann' }, attempts: 0 };
    await connection.call('RPUSH', [list, JSON.stringify(job)]);
    await connection.call('RPUSH', [`${list}:notify`, 1]);

    await eventually(async () => (await done())[0] === 'ann 1', 60_000);
  });

  it('runs what laravelJobs() pushes, in its order and at its time', async () => {
    const jobs = laravelJobs({ connection, prefix: 'app-' });
    await jobs.push('SendMail@handle', { to: 'later' }, { delayMs: 1000 });
    for (const to of ['a', 'b']) await jobs.push('SendMail@handle', { to });
    expect(await call('size')).toBe(3);
    await using _ = startWorker();

    await eventually(async () => (await done()).length === 3, 60_000);
    expect(await done()).toEqual(['a 1', 'b 1', 'later 1']);
    expect(await connection.call('EXISTS', [`${list}:reserved`])).toBe(0);
  });
});

describe('a consumer of redpost', () => {
  it('handles what Laravel pushes, at once and later, and objects as PHP has serialized them', async () => {
    await using _ = startConsumer();
    for (const name of ['push', 'later', 'object']) await call(name);

    await eventually(async () => (await done()).length === 3, 60_000);
    expect((await done()).sort()).toEqual([
      'O:4:"Note":1:{s:2:"to";s:3:"bob";}',
      'ann 1',
      'later 1',
    ]);
    await eventually(async () => (await connection.call('LLEN', [`${list}:notify`])) === 0, 60_000);
    expect(await call('size')).toBe(0);
  });

  it('counts the attempts of Laravel, and its own count for Laravel', async () => {
    await call('push');
    expect(await call('release')).toBe(1);
    await using _ = startConsumer();

    await eventually(async () => (await done())[0] === 'ann 2', 60_000);
  });

  it('releases a job that fails, and buries it after its last attempt', async () => {
    await using _ = startConsumer();
    await call('fail');

    const { deadLetters } = new Queue(list, { connection });
    const [dead] = await eventually(async () => {
      const letters = await deadLetters.list();
      return letters.length > 0 ? letters : undefined;
    }, 60_000);
    expect(dead).toMatchObject({
      body: { job: 'SendMail@handle', attempts: 1 },
      reason: 'RangeError: no',
    });
  });

  it('loses nothing when it is killed in the middle of a job', async () => {
    await call('many');
    await using victim = startConsumer('hang');
    await eventually(() => victim.output.includes('hangs'), 60_000);
    await victim.kill();
    await using _ = startConsumer();

    await eventually(
      async () => new Set((await done()).map((line) => line.split(' ')[0])).size === 200,
      60_000,
    );
  });

  it('and a worker of Laravel share a queue, and each job is performed', async () => {
    await using _consumer = startConsumer();
    await using _worker = startWorker();
    await call('many');

    await eventually(
      async () => new Set((await done()).map((line) => line.split(' ')[0])).size === 200,
      60_000,
    );
  });
});
