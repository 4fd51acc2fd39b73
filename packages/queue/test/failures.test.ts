import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { revokedProxy } from '../../../tooling/revoked-proxy.js';
import { collectWarnings } from '../../../tooling/warnings.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('a handler that throws a value that cannot be read has failed, and its message is settled', async () => {
  const queue = redis.queue<string>();
  const unreadable = Object.defineProperty(new Error(), 'message', {
    get: () => Object.keys(revokedProxy()),
  });
  const thrown: Record<string, unknown> = {
    getter: unreadable,
    proxy: revokedProxy(),
    symbol: Symbol('s'),
  };
  await queue.sendBatch(Object.keys(thrown).map((body) => ({ body })));
  const failed: string[] = [];

  const consumer = queue.consume(
    ({ body }) => {
      if (body === 'proxy') return Promise.reject(thrown[body]);
      throw thrown[body];
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', ({ error }) => failed.push(error.message));

  await eventually(async () => (await queue.deadLetters.count()) === 3);
  expect((await queue.stats()).active).toBe(0);
  const dead = await queue.deadLetters.list();
  expect(dead.map(({ error }) => error).sort()).toEqual(failed.sort());
});

it('of a long error, and of a long reason, the dead letter has the beginning', async () => {
  const queue = redis.queue<string>();
  await queue.send('throws');

  const consumer = queue.consume(() => Promise.reject(new Error('x'.repeat(3_000_000))), {
    maxAttempts: 1,
  });
  consumer.on('failed', () => {});
  await eventually(async () => (await queue.deadLetters.count()) === 1);
  await consumer.stop();
  await queue.send('says so');
  const delivery = await queue.receive();
  await delivery?.deadLetter('y'.repeat(3_000_000));

  const [thrown, said] = await queue.deadLetters.list();
  expect(thrown?.error).toMatch(/^x{4000,}… \(cut here: the text has 3000000 characters\)$/);
  expect(said?.reason).toMatch(/^y{4000,}… \(cut here: the text has 3000000 characters\)$/);
});

it('dead letters without a listener cause a warning with their number', async () => {
  const warned = collectWarnings();
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 30 }, (_, body) => ({ body })));
  const fail = () => {
    throw new Error('no such mailbox');
  };

  const consumer = queue.consume(fail, { maxAttempts: 1, concurrency: 5 });
  await eventually(async () => (await queue.deadLetters.count()) === 30);
  await consumer.stop();

  const of = `in queue ${queue.name}, the last one for this reason: no such mailbox. Listen to the event 'failed' to be told of each`;
  expect(warned()).toEqual([
    `1 message became a dead letter ${of}`,
    `29 messages became dead letters ${of}`,
  ]);
});

it('no warning with a listener, and a retry is not a dead letter', async () => {
  const warned = collectWarnings();
  const queue = redis.queue<number>();
  await queue.send(1);
  const consumer = queue.consume(
    () => {
      throw new Error('no such mailbox');
    },
    { maxAttempts: 2, backoff: () => 0 },
  );
  consumer.on('failed', () => {});

  await eventually(async () => (await queue.deadLetters.count()) === 1);
  await consumer.stop();

  expect(warned()).toEqual([]);
});

it('messages that receive cannot read cause a warning without a listener', async () => {
  const warned = collectWarnings();
  const queue = redis.queue<number>();
  await redis.connection().call('LPUSH', [queue.name, 'not JSON']);

  expect(await queue.receive({ timeoutMs: 500 })).toBeUndefined();

  expect(warned().join()).toContain("Listen to the event 'unreadable'");
});

it('more than ten uses of one signal leave it one listener, and warn of no leak', async () => {
  const warned = collectWarnings();
  const stop = new AbortController();
  const { signal } = stop;
  const queue = redis.queue<number>();
  const consumers = Array.from({ length: 15 }, () => redis.queue().consume(() => {}, { signal }));
  const waiting = Array.from({ length: 15 }, () =>
    queue.receive({ signal }).catch((error) => error),
  );
  const stopped = consumers.map(
    (consumer) => new Promise<void>((resolve) => consumer.on('stopped', () => resolve())),
  );

  await new Promise(setImmediate);
  stop.abort(new Error('enough'));

  await Promise.all(stopped);
  expect(await Promise.all(waiting)).toEqual(
    Array(15).fill(expect.objectContaining({ message: 'enough' })),
  );
  // Connections that other files have left may warn of something else meanwhile: files share their process.
  expect(warned().filter((text) => text.includes('leak'))).toEqual([]);
});

it.each([Number.NaN, -1, '5' as never])('a wait of %s ms is refused', async (timeoutMs) => {
  const connection = redis.connection();

  const block = connection.block((ms) => ['BLPOP', 'x', ms / 1000], { timeoutMs });
  const call = connection.call('PING', [], { timeoutMs });

  for (const refused of [block, call]) {
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
});
