import { connect, exponential } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { List, Queue } from '../src/index.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** What JavaScript lets through. */
// biome-ignore lint/suspicious/noExplicitAny: wrong arguments of any kind.
const anything = (value: unknown): any => value;

const secret = 'redis://ann:secret@10.0.0.1:6379';

it.each([
  [undefined, /A queue needs a connection: .* got undefined$/],
  [{}, /got undefined$/],
  [{ connection: secret }, /got a text: a URL is for connect\(\)$/],
  [
    { connection: { host: 'h', port: 1, password: 'secret' } },
    /an object with host, port, password/,
  ],
  [{ connection: new (class Redis {})() }, /got a Redis: connect\(\) takes it$/],
  [{ connection: null }, /got null$/],
])('a queue without a usable connection is refused by name: %#', (options, message) => {
  for (const make of [Queue, List]) {
    const call = () => new (anything(make))('name', options);
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(call).not.toThrow(/secret@/);
  }
  expect(() => new Queue('name', anything(options))).toThrow(message);
});

it('an option that does not exist is refused by name, wherever options are taken', async () => {
  const queue = redis.queue<unknown>();
  const list = new List('l', { connection: queue.connection });
  const consumer = queue.consume(() => {});
  const { connection } = queue;
  const wrong: [call: () => unknown, message: string][] = [
    [() => new Queue('q', anything({ connection, retries: 3 })), 'A queue has no option "retries"'],
    [
      () => new Queue('q', anything({ connection, consume: { concurency: 2 } })),
      'consume() has no option "concurency". Did you mean concurrency?',
    ],
    [
      () => new List('l', anything({ connection, code: 1 })),
      'A list has no option "code". Did you mean codec?',
    ],
    [
      () => queue.send(1, anything({ delay: 100 })),
      'send(body, options) has no option "delay". Did you mean delayMs?',
    ],
    [
      () => queue.send(1, anything(null)),
      'The options of send(body, options) are an object, got null',
    ],
    [
      () => queue.consume(() => {}, anything({ concurency: 2 })),
      'consume() has no option "concurency". Did you mean concurrency?',
    ],
    [
      () => queue.receive(anything({ timeout: 1 })),
      'receive() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => queue.deliveries(anything({ timeoutMs: 1 })).next(),
      'deliveries() has no option "timeoutMs"',
    ],
    [
      () => queue.deadLetters.list(anything({ count: 1 })),
      'deadLetters.list() has no option "count"',
    ],
    [
      () => queue.deadLetters.redrive(anything({ entry: '1-0' })),
      'deadLetters.redrive() has no option "entry". There are: entries, filter, to, map, ratePerSecond, signal, onProgress',
    ],
    [
      () => consumer.stop(anything({ timeout: 1 })),
      'stop() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => list.blpop(anything({ timeout: 1 })),
      'blpop() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => list.lmove(list, anything({ form: 'left' })),
      'lmove() has no option "form". Did you mean from?',
    ],
    [
      () => list.blmove(list, anything({ timeout: 1 })),
      'blmove() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => exponential(anything({ initial: 1 })),
      'exponential() has no option "initial". Did you mean initialMs?',
    ],
    [
      () => connect(secret, anything({ callTimeout: 1 })),
      'connect() has no option "callTimeout". Did you mean callTimeoutMs?',
    ],
    [
      () => queue.on(anything('unreadabel'), () => {}),
      'There is no event "unreadabel". Did you mean unreadable?',
    ],
    [
      () => consumer.on(anything('completed'), () => {}),
      'There is no event "completed". There are: acked, idle, failed, expired, lost',
    ],
    [() => connection.on(anything('end'), () => {}), 'There is no event "end". There are: ready'],
  ];
  for (const [call, message] of wrong) {
    const error = await rejection((async () => call())());
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(message);
  }
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 0 });
});

it('a name and data, as in other queue libraries, are rejected with advice', async () => {
  const queue = redis.queue<unknown>();
  const error = await rejection(queue.send('welcome', anything({ to: 'ann@example.com' })));
  expect(error.message).toMatch(/has no option "to"\. There are: id, .*\. A message has one body/);
  const [failed] = await queue.sendBatch([anything({ body: 1, delay: 5 })]);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'INVALID_ARGUMENT' } });
});

it('a wrong option of a delivery leaves it unsettled', async () => {
  const queue = redis.queue<string>();
  await queue.send('a');
  const delivery = await queue.receive();
  const error = await rejection(delivery?.retry(anything({ delay: 1 })) ?? Promise.resolve());
  expect(error.message).toContain('retry() has no option "delay". Did you mean delayMs?');
  await delivery?.ack();
});

it('an option that is undefined leaves the default of the queue', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name, consume: { concurrency: 2 } });
  let running = 0;
  const options = { concurrency: undefined, signal: undefined };
  queue.consume(async () => {
    running += 1;
    await eventually(() => running === 2);
  }, anything(options));
  await queue.send(1, anything({ id: undefined, delay: undefined }));
  await queue.send(2);
  await eventually(async () => (await queue.stats()).total.acked === 2);
});
