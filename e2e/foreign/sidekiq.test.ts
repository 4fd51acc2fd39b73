import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { sidekiqJobs } from '@redpost/formats/sidekiq';
import { Queue } from '@redpost/queue';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { rejection } from '../../tooling/rejection.js';
import { ForeignProcess } from './support/foreign-process.js';
import { programOf } from './support/system.js';

const ruby = programOf('sidekiq');
/** How this version writes times. */
let times: 'ms' | 's';
let redis: EmbeddedRedis;
let connection: Connection;

beforeAll(async () => {
  await using program = new ForeignProcess(ruby, ['sidekiq_calls.rb', 'version'], {});
  const version = lastLine(await program.done());
  console.log(`Sidekiq ${version}`);
  times = Number.parseInt(String(version), 10) >= 8 ? 'ms' : 's';
});

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

const startSidekiq = () =>
  start(ruby, ['-S', 'sidekiq', '-r', './sidekiq_jobs.rb', '-q', 'mails', '-c', '2']);
const startConsumer = (...args: string[]) =>
  start(process.execPath, ['sidekiq-consumer.mjs', times, ...args]);

/** What a program that uses Sidekiq prints. */
async function call(name: string): Promise<unknown> {
  await using program = start(ruby, ['sidekiq_calls.rb', name]);
  return lastLine(await program.done());
}

function lastLine(output: string): unknown {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

async function done(): Promise<string[]> {
  return ((await connection.call('LRANGE', ['done', 0, -1])) as Buffer[]).map(String).sort();
}

/** How often the job that waits for its retry was retried, as text; undefined while there is none. */
async function retryCount(): Promise<string | undefined> {
  const [waiting] = (await connection.call('ZRANGE', ['retry', 0, -1])) as Buffer[];
  return waiting && String(JSON.parse(String(waiting)).retry_count);
}

it('a queue of the name of a queue of Sidekiq sends nothing to it', async () => {
  await call('push');
  expect(await rejection(new Queue('queue:mails', { connection }).send({ a: 1 }))).toMatchObject({
    code: 'NAME_TAKEN',
    system: 'Sidekiq or Resque',
  });
});

describe('a process of Sidekiq', () => {
  it('performs a job of the least message that the documents name', async () => {
    const job = {
      class: 'SendMail',
      args: ['least'],
      jid: 'b4a577edbccf1d805744efa9',
      retry: true,
    };
    await connection.call('LPUSH', ['queue:mails', JSON.stringify(job)]);
    await using _ = startSidekiq();

    await eventually(async () => (await done()).includes('least'), 60_000);
  });

  it('performs what sidekiqJobs() pushes, at once and later, and its queue is listed', async () => {
    const jobs = sidekiqJobs({ connection, queue: 'mails', times });
    await jobs.push('SendMail', ['now']);
    await jobs.push('SendMail', ['later'], { delayMs: 1000 });
    expect(await call('queues')).toEqual([['mails', 1]]);
    await using _ = startSidekiq();

    await eventually(async () => (await done()).length === 2, 120_000);
    expect(await done()).toEqual(['later', 'now']);
  });
});

describe('a consumer of redpost', () => {
  it('performs what Sidekiq pushes, at once and later', async () => {
    await using _ = startConsumer();
    await call('push');
    await call('later');

    await eventually(async () => (await done()).length === 201, 60_000);
  });

  it('puts a job that fails where Sidekiq sees it, retries it when Sidekiq says so, and buries it', async () => {
    await using _ = startConsumer();
    await call('fail');

    await eventually(retryCount, 60_000);
    // Sidekiq does not count a retry that somebody has asked for.
    await call('retry_all');
    for (const count of [0, 1, 2]) {
      await eventually(async () => (await retryCount()) === `${count}`, 60_000);
      expect(await call('retries')).toMatchObject([
        { class: 'SendMail', args: ['nobody'], error_class: 'RangeError', error_message: 'no' },
      ]);
      const [waiting] = (await connection.call('ZRANGE', ['retry', 0, -1])) as Buffer[];
      await connection.call('ZADD', ['retry', 'XX', 1, waiting as Buffer]);
    }
    await eventually(() => connection.call('ZCARD', ['dead']), 60_000);
    expect(await call('dead')).toMatchObject([{ class: 'SendMail', retry_count: 3 }]);
  });

  it('loses nothing when it is killed in the middle of a job', async () => {
    await call('push');
    await using victim = startConsumer('hang');
    await eventually(() => victim.output.includes('hangs'), 60_000);
    await victim.kill();
    await using _ = startConsumer();

    await eventually(async () => new Set(await done()).size === 200, 60_000);
  });

  it('and a process of Sidekiq share a queue, and each job is performed', async () => {
    await using _consumer = startConsumer();
    await using _sidekiq = startSidekiq();
    await call('push');

    await eventually(async () => new Set(await done()).size === 200, 60_000);
  });
});
