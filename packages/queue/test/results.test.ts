import { setTimeout as pause } from 'node:timers/promises';
import { text } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  CancelledError,
  HandlerError,
  type MessageResult,
  type SendOptions,
} from '../src/index.js';
import { consumersOf, deferred, expireLeases, leftKeys } from './support/in-redis.js';
import { startPrinting } from './support/printing-process.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const returning = new URL('./support/returning.mjs', import.meta.url);

const kept = { keepResultMs: 60_000 };

it.each<[string, SendOptions]>([
  ['plain', {}],
  ['with a key', { key: 'k' }],
  ['with a priority', { priority: 9 }],
  ['delayed and with a time to live', { delayMs: 10, ttlMs: 60_000 }],
  ['sent once', { once: { key: 'o', until: 'done' } }],
  ['debounced', { debounce: { key: 'd', ms: 10 } }],
])(
  'the result of a message that is %s is what its handler has returned',
  async (_name, options) => {
    const queue = redis.queue<{ n: number }>();
    queue.consume(({ body }) => ({ twice: 2 * body.n }));
    const id = await queue.send({ n: 21 }, { ...kept, ...options });
    const result = await redis.otherEnd(queue).result(id, { waitMs: 10_000 });
    expect(result).toEqual({ state: 'done', value: { twice: 42 }, attempt: 1 });
    expect((await queue.stats()).total.acked).toBe(1);
    const key = `{${queue.name}}:result:${id}`;
    const ttl = (await queue.connection.call('PTTL', [key])) as number;
    expect(ttl).toBeGreaterThan(50_000);
    expect(await leftKeys(queue, `result:${id}`)).toEqual([]);
  },
);

it('a message without keepResultMs leaves nothing, and one that returns nothing has no value', async () => {
  const queue = redis.queue<string>();
  const consumer = queue.consume(() => 'value');
  await queue.send('x');
  await eventually(async () => (await queue.stats()).total.acked === 1);
  expect(await leftKeys(queue)).toEqual([]);
  await consumer.stop();
  queue.consume(() => {});
  const id = await queue.send('x', kept);
  expect(await queue.result(id, { waitMs: 10_000 })).toEqual({ state: 'done', attempt: 1 });
});

it('before it is through, the state tells where it is', async () => {
  const queue = redis.queue<string>();
  expect(await queue.result('never sent')).toBeUndefined();
  const delayed = await queue.send('x', { ...kept, delayMs: 60_000 });
  expect(await queue.result(delayed)).toEqual({ state: 'delayed', attempt: 0 });
  const id = await queue.send('x', kept);
  expect(await queue.result(id, { waitMs: 20 })).toEqual({ state: 'pending', attempt: 0 });
  const delivery = await queue.receive();
  expect(await queue.result(id)).toEqual({ state: 'active', attempt: 1 });
  delivery?.progress({ done: 1 });
  delivery?.progress({ done: 2 });
  await eventually(async () => {
    const result = await queue.result(id);
    return (result?.progress as { done: number } | undefined)?.done === 2;
  });
  await delivery?.ack({ result: 'by hand' });
  expect(await queue.result(id)).toEqual({
    state: 'done',
    value: 'by hand',
    attempt: 1,
    progress: { done: 2 },
  });
});

it('a failure, a dead letter, an expiry and a cancellation are results', async () => {
  const queue = redis.queue<string>();
  const stop = deferred();
  const consumer = queue.consume(
    async function handling(delivery) {
      if (delivery.body === 'throws') {
        throw Object.assign(new RangeError('too far'), { code: 'E_FAR' });
      }
      if (delivery.body === 'rejected') await delivery.deadLetter('not ours');
      if (delivery.body === 'waits') await stop.promise;
    },
    { maxAttempts: 2, backoff: () => 0, concurrency: 5 },
  );
  consumer.on('failed', () => {});
  const resultOf = async (body: string, options: SendOptions = {}) => {
    const id = await queue.send(body, { ...kept, ...options });
    return queue.result(id, { waitMs: 10_000 });
  };
  const failed = await resultOf('throws');
  expect(failed).toMatchObject({ state: 'dead', attempt: 2 });
  expect(failed?.error).toBeInstanceOf(HandlerError);
  expect(failed?.error).toMatchObject({
    message: 'too far',
    remoteName: 'RangeError',
    remoteCode: 'E_FAR',
  });
  // Where it was thrown comes first, and then who has asked.
  expect(failed?.error?.stack).toMatch(
    /^HandlerError: too far\n +at (async )?handling .*results\.test\.ts/,
  );
  const rejected = await resultOf('rejected');
  expect(rejected).toMatchObject({ state: 'dead', attempt: 1, error: { message: 'not ours' } });
  expect(rejected?.error?.stack).not.toContain('failure-json');
  const active = await queue.send('waits', kept);
  await eventually(async () => (await queue.result(active))?.state === 'active');
  expect(await queue.cancel(active, 'enough')).toBe('signalled');
  const cancelled = await queue.result(active);
  expect(cancelled).toMatchObject({ state: 'cancelled', attempt: 1 });
  expect(cancelled?.error).toBeInstanceOf(CancelledError);
  expect(cancelled?.error).toMatchObject({ reason: 'enough' });
  stop.resolve();
  await consumer.stop();
  const expired = await queue.send('late', { ...kept, ttlMs: 1 });
  const waiting = await queue.send('waits', { ...kept, delayMs: 60_000 });
  expect(await queue.cancel(waiting)).toBe('removed');
  expect(await queue.result(waiting)).toMatchObject({ state: 'cancelled', attempt: 0 });
  await pause(5);
  redis.otherEnd(queue).consume(() => 'never');
  expect(await queue.result(expired, { waitMs: 10_000 })).toMatchObject({
    state: 'expired',
    error: { code: 'EXPIRED' },
  });
  expect((await queue.stats()).total).toMatchObject({
    expired: 1,
    cancelled: 2,
    dead: 2,
    acked: 0,
  });
  // What is redriven is not dead any more.
  expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 2 });
  await eventually(async () => (await queue.stats()).total.acked === 2);
});

it('a result that cannot be encoded or is too large fails the attempt', async () => {
  const queue = redis.queue<string>({ maxMessageBytes: 1000, consume: { maxAttempts: 1 } });
  queue.consume(({ body }) => (body === 'large' ? 'x'.repeat(2000) : 1n)).on('failed', () => {});
  for (const [body, code] of [
    ['large', 'MESSAGE_TOO_LARGE'],
    ['bigint', 'ENCODE'],
  ] as const) {
    const id = await queue.send(body, kept);
    expect(await queue.result(id, { waitMs: 10_000 })).toMatchObject({
      state: 'dead',
      error: { remoteCode: code },
    });
  }
});

it('of the result of an earlier message with the same id nothing is left', async () => {
  const queue = redis.queue<string>();
  queue.consume(
    ({ body }) => {
      if (body === 'fails') throw new Error(body);
      return body === 'says nothing' ? undefined : body;
    },
    { maxAttempts: 1 },
  );
  const fieldsAfter = async (body: string, state: string) => {
    await queue.send(body, { ...kept, id: 'same' });
    await eventually(
      async () => (await queue.stats()).active + (await queue.stats()).pending === 0,
    );
    expect((await queue.result('same'))?.state).toBe(state);
    const fields = await queue.connection.call('HKEYS', [`{${queue.name}}:result:same`]);
    return (fields as Buffer[]).map(String).sort();
  };
  expect(await fieldsAfter('a value', 'done')).toEqual(['attempt', 'state', 'value']);
  expect(await fieldsAfter('fails', 'dead')).toEqual(['attempt', 'error', 'state']);
  expect(await fieldsAfter('a value', 'done')).toEqual(['attempt', 'state', 'value']);
  expect(await fieldsAfter('says nothing', 'done')).toEqual(['attempt', 'state']);
  expect(await fieldsAfter('fails', 'dead')).toEqual(['attempt', 'error', 'state']);
  expect(await fieldsAfter('says nothing', 'done')).toEqual(['attempt', 'state']);
});

it('results have a codec of their own, and large ones arrive too', async () => {
  const queue = redis.queue<string>({ resultCodec: text() });
  const large = 'ü'.repeat(100_000);
  queue.consume(({ body }) => body.repeat(100_000));
  const id = await queue.send('ü', kept);
  expect((await queue.result(id, { waitMs: 10_000 }))?.value).toBe(large);
});

it('the last crash of consumers is a result, whichever process has them', async () => {
  const queue = redis.queue<string>();
  const id = await queue.send('x', kept);
  for (let crash = 0; crash < 2; crash += 1) {
    const options = { maxAttempts: 2 };
    const input = { url: redis.url, name: queue.name, options, waitMs: 600_000 };
    const { child, lines } = startPrinting(returning, input);
    await eventually(() => lines.length === 1);
    child.kill('SIGKILL');
    await expireLeases(queue as never, await consumersOf(queue as never));
    const helper = redis.otherEnd(queue).consume(() => pause(600_000), { maxAttempts: 2 });
    await eventually(async () => (await consumersOf(queue as never)).length === 1);
    if (crash === 0) await helper.stop({ timeoutMs: 0 });
  }
  expect(await queue.result(id, { waitMs: 10_000 })).toMatchObject({
    state: 'dead',
    error: { message: 'its consumers died while they handled it' },
  });
});

it('many results in few calls, in batches with others and while acknowledgements are lost', async () => {
  const queue = redis.queue<number>();
  queue.consume(({ body }) => body, { concurrency: 100 });
  const items = Array.from({ length: 2000 }, (_item, body) => ({
    body,
    ...(body % 3 === 0 ? kept : {}),
  }));
  const sent = await queue.sendBatch(items);
  await eventually(async () => (await queue.stats()).total.acked === 2000);
  const results = await Promise.all(
    sent.map(({ id }, n) => (n % 3 === 0 ? queue.result(id as string) : undefined)),
  );
  results.forEach((result, n) => {
    if (n % 3 === 0) expect(result?.value).toBe(n);
  });
});

it('watch iterates over states and progress until the end', async () => {
  const queue = redis.queue<string>();
  const other = redis.otherEnd(queue);
  const go = deferred();
  const id = await queue.send('x', kept);
  const seen: MessageResult[] = [];
  const watched = (async () => {
    for await (const state of other.watch(id)) seen.push(state);
  })();
  await eventually(() => seen.length === 1);
  queue.consume(async (delivery) => {
    delivery.progress(0.5);
    await go.promise;
    delivery.progress(1);
    return 'end';
  });
  await eventually(() => seen.some(({ progress }) => progress === 0.5));
  go.resolve();
  await watched;
  expect(seen[0]).toEqual({ state: 'pending', attempt: 0 });
  expect(seen.at(-1)).toMatchObject({ state: 'done', value: 'end', attempt: 1 });
  expect(seen.map(({ progress }) => progress).filter((each) => each !== undefined)).toEqual(
    expect.arrayContaining([0.5, 1]),
  );
  const nothing: unknown[] = [];
  for await (const state of other.watch('never sent')) nothing.push(state);
  expect(nothing).toEqual([]);
  const stop = new AbortController();
  const waiting = await queue.send('later', { ...kept, delayMs: 60_000 });
  for await (const state of other.watch(waiting, { signal: stop.signal })) {
    expect(state).toMatchObject({ state: 'delayed' });
    stop.abort();
  }
});

it('an update of the priority keeps what is to be done with the message', async () => {
  const queue = redis.queue<string>();
  const id = await queue.send('x', { ...kept, timeoutMs: 30, ttlMs: 60_000 });
  expect(await queue.update(id, { priority: 9 })).toBe('updated');
  const aborted = deferred<unknown>();
  queue.consume(
    ({ signal, priority }) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      return aborted.promise.then(() => priority);
    },
    { maxAttempts: 1 },
  );
  expect(await queue.result(id, { waitMs: 10_000 })).toMatchObject({
    state: 'dead',
    error: { remoteCode: 'ATTEMPT_TIMEOUT' },
  });
  expect(await aborted.promise).toMatchObject({ timeoutMs: 30 });
});
