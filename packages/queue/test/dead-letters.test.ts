import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { atRest } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

async function withDead(count: number): Promise<TestQueue<number>> {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: count }, (_, body) => ({ body, id: `id${body}` })));
  const consumer = queue.consume((delivery) => delivery.deadLetter(`no ${delivery.body}`));
  await eventually(async () => (await queue.deadLetters.count()) === count);
  await consumer.stop();
  return queue;
}

it('dead letters are listed page by page, the oldest first', async () => {
  const queue = await withDead(450);
  const seen: number[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await queue.deadLetters.list(after ? { limit: 200, after } : { limit: 200 });
    seen.push(...page.map(({ body }) => body as number));
    if (page.length < 200) break;
    after = page.at(-1)?.entry;
  }

  expect(seen.length).toBe(450);
  expect(new Set(seen).size).toBe(450);
  expect(await queue.deadLetters.list()).toHaveLength(100);
});

it('all are redriven as new, more than one script may move', async () => {
  const queue = await withDead(450);

  expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 450 });

  expect(await queue.stats()).toMatchObject({ pending: 450, dead: 0 });
  const next = await queue.peek(450);
  expect(new Set(next.map(({ attempt }) => attempt))).toEqual(new Set([0]));
  expect(new Set(next.map(({ id }) => id)).size).toBe(450);
  expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 0, of: 0 });
});

it('some are redriven, some removed, and the rest purged', async () => {
  const queue = await withDead(5);
  const [a, b, c] = (await queue.deadLetters.list()).map(({ entry }) => entry);

  const twice = { entries: [a as string, a as string] };
  expect(await queue.deadLetters.redrive(twice)).toMatchObject({ redriven: 1, of: 1 });
  expect(await queue.deadLetters.remove([b as string, c as string, b as string])).toBe(2);
  expect(await queue.deadLetters.remove([])).toBe(0);
  expect(await queue.deadLetters.purge()).toBe(2);

  expect(await atRest(queue as never)).toEqual({ pending: 1, delayed: 0, dead: 0 });
  expect(await queue.deadLetters.list()).toEqual([]);
});

it('dead letters are listed with the beginning of larger bodies, or without any', async () => {
  const queue = redis.queue<string>();
  const large = 'x'.repeat(3_000_000);
  await queue.sendBatch([{ body: 'small' }, ...Array.from({ length: 3 }, () => ({ body: large }))]);
  for (let n = 0; n < 4; n += 1) await (await queue.receive())?.deadLetter('rejected');
  const read = async () => {
    const stats = String(await queue.connection.call('INFO', ['stats']));
    return Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1]);
  };
  const bodies = (letters: Awaited<ReturnType<typeof queue.deadLetters.list>>) =>
    letters.map(({ body, bytes, bodyBytes }) => [body, bytes.length, bodyBytes]);
  const cut = [undefined, 10, 3_000_002];

  const before = await read();
  expect(bodies(await queue.deadLetters.list({ maxBodyBytes: 10 }))).toEqual([
    ['small', 7, 7],
    ...[cut, cut, cut],
  ]);
  const filter = { reason: 'rejected' };
  const found = await queue.deadLetters.list({ filter, limit: 2, maxBodyBytes: 0 });
  expect(bodies(found)).toEqual([
    [undefined, 0, 7],
    [undefined, 0, 3_000_002],
  ]);
  const whole = (letter: { body: unknown }) => letter.body === large;
  const meant = await queue.deadLetters.list({ filter: whole, limit: 1, maxBodyBytes: 10 });
  expect(bodies(meant)).toEqual([cut]);
  // The function has had the whole bodies, and nothing else has.
  expect((await read()) - before).toBeLessThan(3.5 * large.length);
  expect(bodies(await queue.deadLetters.list({ limit: 2 }))).toEqual([
    ['small', 7, 7],
    [large, 3_000_002, 3_000_002],
  ]);
});

it('an invalid entry is rejected', async () => {
  const { deadLetters } = redis.queue();

  await expect(deadLetters.redrive({ entries: ['+'] })).rejects.toThrow(/An entry looks like/);
  await expect(deadLetters.remove(['x'])).rejects.toThrow(/An entry looks like/);
  await expect(deadLetters.list({ after: '' })).rejects.toThrow(/An entry looks like/);
  await expect(deadLetters.list({ limit: 0 })).rejects.toThrow(/limit/);
  await expect(deadLetters.list({ maxBodyBytes: -1 })).rejects.toThrow(/maxBodyBytes/);
});

it('the bytes of a malformed message are the same after being redriven', async () => {
  const queue = redis.queue<unknown>();
  const element = Buffer.from([0x01, 0x31, 0x7b, 0xff, 0x00, 0x0a, 0x01]);
  await queue.connection.call('LPUSH', [queue.name, element]);
  expect(await queue.receive({ timeoutMs: 100 })).toBeUndefined();
  await queue.close();
  const again = redis.queue<unknown>({ name: queue.name });

  expect((await again.deadLetters.list())[0]?.bytes).toEqual(element);
  await again.deadLetters.redrive();

  expect(await again.connection.call('RPOP', [`{${queue.name}}:returned`])).toEqual(element);
});

it('a message whose dead letters cannot be written stays where it is', async () => {
  const queue = redis.queue<string>();
  await queue.connection.call('SET', [`{${queue.name}}:dead`, 'in the way']);
  await queue.send('kept');

  const delivery = await queue.receive();
  await expect(delivery?.deadLetter()).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  await queue.connection.call('DEL', [`{${queue.name}}:dead`]);
  expect((await queue.stats()).active).toBe(1);
  await queue.close();

  const again = redis.queue<string>({ name: queue.name });
  expect((await again.receive())?.body).toBe('kept');
});

it.each(['element', 'error', 'reason'])('%s may be the reason itself', async (reason) => {
  const queue = redis.queue<string>();
  await queue.send('kept');
  await (await queue.receive())?.deadLetter(reason);

  expect(await queue.deadLetters.list()).toMatchObject([{ body: 'kept', reason, error: '' }]);
});

it('a malformed message whose dead letter cannot be written holds up no other', async () => {
  const queue = redis.queue<string>();
  const errors: Error[] = [];
  queue.on('error', (error) => errors.push(error));
  await queue.connection.call('SET', [`{${queue.name}}:dead`, 'in the way']);
  await queue.connection.call('LPUSH', [queue.name, 'malformed', '"a"', '"b"']);

  const received = await Promise.all([queue.receive(), queue.receive()]);

  expect(received.map((delivery) => delivery?.body)).toEqual(['a', 'b']);
  expect(errors).toMatchObject([{ code: 'WRONG_TYPE' }]);
});
