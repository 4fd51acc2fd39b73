import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  type Delivery,
  Flow,
  type FlowEnd,
  type FlowOptions,
  type FlowResult,
  listQueues,
} from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { encodeEnvelope, handlingJson } from '../src/message/envelope.js';
import { flowClose, flowSend, packMembers } from '../src/scripts/flow.js';
import { consumersOf, deferred, expireLeases, leftKeys } from './support/in-redis.js';
import { type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A flow that continues in a queue of its own, and what has come there. */
async function openFlow(options: Partial<FlowOptions> & { consumes?: boolean } = {}) {
  const { consumes = true, ...given } = options;
  const last = redis.queue<string>();
  const ends: FlowEnd[] = [];
  if (consumes) {
    last.consume(({ flowEnd, body }) => {
      expect(body).toBe('go on');
      if (flowEnd) ends.push(flowEnd);
    });
  }
  const { connection } = last;
  const flow = await Flow.open({ connection, then: { queue: last, body: 'go on' }, ...given });
  return { flow, last, ends };
}

async function endOf(ends: readonly FlowEnd[]): Promise<FlowEnd | undefined> {
  await eventually(() => ends.length > 0);
  expect(ends).toHaveLength(1);
  return ends[0];
}

/** What is left in Redis of these queues. */
async function left(...queues: TestQueue<never>[]): Promise<string[]> {
  const besides = ['outboxes', 'inbox', 'dead'];
  const all = await Promise.all(queues.map((queue) => leftKeys(queue, ...besides)));
  const sizes = all.flat().map(async (key) => {
    const { connection } = queues[0] as TestQueue<never>;
    const isEmpty = key.includes('}:outbox:') && (await connection.call('XLEN', [key])) === 0;
    return isEmpty || key.includes('}:flow:') ? [] : [key];
  });
  return (await Promise.all(sizes)).flat();
}

it('a flow continues once when all its members are done, in any queues', async () => {
  const { flow, last, ends } = await openFlow();
  const queues = [redis.queue<number>(), redis.queue<number>(), redis.queue<number>()];
  const seen: number[] = [];
  for (const queue of queues) queue.consume(({ body }) => void seen.push(body));
  const items = Array.from({ length: 900 }, (_, n) => {
    return { queue: queues[n % 3] as TestQueue<number>, body: n };
  });
  const results = await flow.sendBatch(items);
  expect(results.every(({ status }) => status === 'sent')).toBe(true);
  await eventually(() => seen.length >= 900);
  expect(ends).toEqual([]);
  await flow.close();
  expect(await endOf(ends)).toEqual({
    ...{ id: flow.id, over: 'closed' },
    ...{ done: 900, dead: 0, expired: 0, cancelled: 0 },
  });
  expect(new Set(seen).size).toBe(900);
  expect(await flow.status()).toMatchObject({
    state: 'over',
    over: 'closed',
    pending: 0,
    done: 900,
  });
  await eventually(async () => (await left(last as never, ...(queues as never[]))).length === 0);
});

it('members for the queue that a flow continues in are there at once, each where its options say', async () => {
  const queue = redis.queue<unknown>();
  const { connection } = queue;
  const flow = await Flow.open({ connection, then: { queue, body: 'go on' } });
  const results = await flow.sendBatch([
    { queue, body: 'first' },
    { queue, body: { text: 'zweitens, übermäßig 🙂' } },
    { queue, body: 'high', priority: 9 },
    { queue, body: 'later', delayMs: 50 },
    { queue, body: 'gone', delayMs: 1, ttlMs: 1 },
    { queue, body: 'last' },
  ]);
  expect(results.map(({ status }) => status)).toEqual(Array(6).fill('sent'));
  await flow.close();
  const { pending, delayed, outbox } = await queue.stats();
  expect({ pending, delayed, outbox: outbox.pending }).toEqual({
    pending: 4,
    delayed: 2,
    outbox: 0,
  });
  const seen: unknown[] = [];
  let end: FlowEnd | undefined;
  queue.consume(({ body, flowEnd }) => {
    if (flowEnd) end = flowEnd;
    else seen.push(body);
  });
  await eventually(() => end !== undefined);
  const bodies = ['high', 'first', { text: 'zweitens, übermäßig 🙂' }, 'last'];
  expect(seen.filter((body) => body !== 'later')).toEqual(bodies);
  expect(seen).toContain('later');
  expect(end).toMatchObject({ over: 'closed', done: 5, expired: 1 });
  await eventually(async () => (await left(queue as never)).length === 0);
});

it('a member that cannot be sent does not keep the others back', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<unknown>();
  queue.consume(() => {});
  const results = await flow.sendBatch([
    { queue, body: 1 },
    { queue, body: 2, id: 'no', delayMs: -1 },
    undefined as never,
    { queue, body: 4, id: 'four' },
  ]);
  expect(results).toMatchObject([
    { status: 'sent' },
    { status: 'failed', id: 'no', error: { code: 'INVALID_ARGUMENT' } },
    { status: 'failed', error: { code: 'INVALID_ARGUMENT' } },
    { status: 'sent', id: 'four' },
  ]);
  await flow.close();
  expect(await endOf(ends)).toMatchObject({ done: 2 });
  expect(await flow.sendBatch([{ queue, body: 5, id: 'late' }])).toMatchObject([
    { status: 'failed', id: 'late', error: { code: 'FLOW_OVER' } },
  ]);
  expect(await flow.sendBatch([])).toEqual([]);
});

it('an empty flow continues when it is closed, and only once', async () => {
  const { flow, ends } = await openFlow();
  expect(await flow.status()).toMatchObject({ state: 'open', pending: 0 });
  await flow.close();
  await flow.close();
  expect(await endOf(ends)).toMatchObject({ over: 'closed', done: 0 });
});

it('a handler of a member may send more of them, also when the flow is closed', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<number>();
  queue.consume(async ({ body, flow: name }) => {
    if (!name) throw new Error('It is a member');
    const own = Flow.of({ connection: queue.connection, ...name });
    if (body > 0) await Promise.all([own.send(queue, body - 1), own.send(queue, body - 1)]);
  });
  await flow.send(queue, 5);
  await flow.close();
  expect(await endOf(ends)).toMatchObject({ done: 63 });
});

it('members that are dead, expired, cancelled, purged and dropped are counted, each once', async () => {
  const { flow, last, ends } = await openFlow();
  const queue = redis.queue<string>({ maxLength: { count: 6, whenFull: 'drop-oldest' } });
  const { connection } = queue;
  const waits = redis.queue<string>();
  await flow.send(queue, 'expired', { ttlMs: 1 });
  await flow.send(queue, 'dead');
  await flow.send(queue, 'cancelled', { id: 'c' });
  await flow.send(queue, 'done');
  for (const key of ['a', 'b']) await flow.send(waits, 'purged', { key });
  await flow.send(waits, 'purged', { delayMs: 60_000 });
  await flow.send(waits, 'purged', { priority: 9 });
  await flow.send(waits, 'held');
  await flow.close();
  const stats = async () => [(await queue.stats()).pending, (await waits.stats()).pending];
  await eventually(async () => `${await stats()}` === '4,4');

  const got: Delivery<string>[] = [];
  const released = deferred();
  const consumer = waits.consume((delivery) => {
    if (delivery.body !== 'held') return delivery.retry({ delayMs: 60_000 });
    got.push(delivery);
    return released.promise;
  });
  await eventually(() => got.length === 1);
  // What is retried is delayed by then.
  await eventually(async () => (await waits.stats()).active === 1);
  await waits.purge();
  expect(await flow.status()).toMatchObject({ pending: 5, cancelled: 4 });
  await got[0]?.ack();
  released.resolve();
  expect(await queue.cancel('c')).toBe('removed');
  const other = redis.otherEnd(queue as TestQueue<string>);
  other
    .consume(
      ({ body }) => {
        if (body === 'dead') throw new Error('wrong');
      },
      { maxAttempts: 1 },
    )
    .on('failed', () => {});
  expect(await endOf(ends)).toMatchObject({ done: 2, dead: 1, expired: 1, cancelled: 5 });
  expect(await connection.call('EXISTS', [queueKeys(queue.name).members])).toBe(0);
  await consumer.stop();
  await eventually(
    async () => (await left(last as never, queue as never, waits as never)).length === 0,
  );
});

it('a member that is dropped for a new message counts as cancelled', async () => {
  const { flow } = await openFlow({ consumes: false });
  const queue = redis.queue<number>({ maxLength: { count: 2, whenFull: 'drop-oldest' } });
  await flow.send(queue, 1);
  await flow.send(queue, 2);
  await flow.close();
  await eventually(async () => (await queue.stats()).pending === 2);
  for (let n = 0; n < 2; n += 1) await queue.send(n);
  // Nobody consumes that queue: the consumers of the flow fetch what has ended there.
  const keys = queueKeys(queue.name);
  expect(await queue.connection.call('EXISTS', [keys.members])).toBe(0);
  redis.queue({ name: flow.queue }).consume(() => {}, { leaseMs: 1000 });
  await eventually(async () => (await flow.status())?.state === 'over');
  expect(await flow.status()).toMatchObject({ cancelled: 2 });
});

it('a queue that is destroyed ends its members', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<number>();
  for (let n = 0; n < 3; n += 1) await flow.send(queue, n);
  await flow.close();
  await eventually(async () => (await queue.stats()).pending === 3);
  const delivery = await queue.receive();
  await queue.destroy();
  expect(await endOf(ends)).toMatchObject({ cancelled: 3, done: 0 });
  await expect(delivery?.ack()).rejects.toThrow();
  expect(await flow.status()).toMatchObject({ state: 'over', cancelled: 3, done: 0 });
});

it('a member that was dead-lettered is no member any more when it is redriven', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<number>();
  await flow.send(queue, 1, { ttlMs: 3_600_000, key: 'k', timeoutMs: 5000, keepResultMs: 60_000 });
  await flow.send(queue, 2);
  await flow.close();
  const first = await queue.receive({ timeoutMs: 20_000 });
  const bodies = [first?.body];
  await first?.deadLetter('wrong');
  await eventually(async () => (await flow.status())?.dead === 1);
  await queue.deadLetters.redrive();
  for (let n = 0; n < 2; n += 1) {
    const next = await queue.receive({ timeoutMs: 20_000 });
    bodies.push(next?.body);
    expect(next?.flow === undefined).toBe(next?.body === bodies[0]);
    await next?.ack();
  }
  expect(await endOf(ends)).toMatchObject({ done: 1, dead: 1 });
});

it('what a member has is kept: priority, key, headers, delay, timeout; and its body may be updated', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<string>();
  await flow.send(queue, 'x', { id: 'p', priority: 9, headers: { a: 'b' }, timeoutMs: 60_000 });
  await flow.send(queue, 'x', { id: 'k', key: 'it is "k"\\', ttlMs: 60_000 });
  await flow.send(queue, 'x', { id: 'd', delayMs: 60_000 });
  await eventually(async () => (await queue.stats()).delayed === 1);
  await queue.update('d', { delayMs: 0, priority: 2 });
  await queue.update('p', { priority: 1 });
  const seen: object[] = [];
  for (let n = 0; n < 3; n += 1) {
    const delivery = await queue.receive({ timeoutMs: 20_000 });
    seen.push({ id: delivery?.id, priority: delivery?.priority, key: delivery?.key });
    expect(delivery?.flow).toEqual({ id: flow.id, queue: flow.queue });
    await delivery?.ack();
  }
  expect(seen).toEqual([
    { id: 'k', priority: 4, key: 'it is "k"\\' },
    { id: 'd', priority: 2, key: undefined },
    { id: 'p', priority: 1, key: undefined },
  ]);
  await flow.close();
  expect(await endOf(ends)).toMatchObject({ done: 3 });
});

it('results are kept if they are asked for', async () => {
  const { flow, ends } = await openFlow({ results: true });
  const queue = redis.queue<number>();
  queue
    .consume(
      function squaring({ body }) {
        if (body === 2) throw new TypeError('two');
        return { squared: body * body };
      },
      { maxAttempts: 1 },
    )
    .on('failed', () => {});
  for (let n = 0; n < 500; n += 1) void flow.send(queue, n, { id: `m${n}` });
  await flow.send(queue, 500, { id: 'late', ttlMs: 1, delayMs: 1 });
  await flow.close();
  await endOf(ends);
  const results = new Map<string, unknown>();
  for await (const { id, ...result } of flow.results()) results.set(id, result);
  expect(results.size).toBe(501);
  expect(results.get('m7')).toEqual({ state: 'done', value: { squared: 49 } });
  const { state, error } = results.get('m2') as FlowResult;
  expect(state).toBe('dead');
  expect(error).toMatchObject({ remoteName: 'TypeError' });
  expect(error?.stack).toMatch(/^HandlerError: two\n +at squaring /);
});

it('a flow that is cancelled is over at once, and starts no more members', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<string>();
  const started: Delivery<string>[] = [];
  const cancelled: string[] = [];
  const consumer = queue.consume(
    async (delivery) => {
      started.push(delivery);
      await new Promise((resolve) => delivery.signal.addEventListener('abort', resolve));
      throw delivery.signal.reason;
    },
    { concurrency: 2 },
  );
  consumer.on('cancelled', ({ delivery }) => void cancelled.push(delivery.id));
  for (let n = 0; n < 20; n += 1) await flow.send(queue, 'x');
  await flow.send(queue, 'later', { delayMs: 3_600_000, id: 'later' });
  await eventually(() => started.length === 2);
  expect(await flow.cancel()).toBe(true);
  expect(await flow.cancel()).toBe(false);
  expect(await endOf(ends)).toMatchObject({ over: 'cancelled', cancelled: 21, done: 0 });
  await eventually(() => cancelled.length === 20);
  expect(started).toHaveLength(2);
  await queue.update('later', { delayMs: 0 });
  await eventually(() => cancelled.includes('later'));
  await expect(flow.send(queue, 'x')).rejects.toMatchObject({
    code: 'FLOW_OVER',
    over: 'cancelled',
  });
  // Nothing is left of it in the queue, which is plain again.
  const { shape, members } = queueKeys(queue.name);
  await eventually(async () => (await queue.connection.call('EXISTS', [shape, members])) === 0);
  expect((await queue.stats()).total.cancelled).toBe(21);
});

it('with cancel-rest, the first dead member cancels the flow', async () => {
  const { flow, ends } = await openFlow({ onDead: 'cancel-rest' });
  const queue = redis.queue<number>();
  for (let n = 0; n < 10; n += 1) await flow.send(queue, n);
  const delivery = await queue.receive({ timeoutMs: 20_000 });
  await delivery?.deadLetter();
  expect(await endOf(ends)).toMatchObject({ over: 'cancelled', dead: 1, cancelled: 9 });
});

it('a flow nests: its continuation is a member of another one', async () => {
  const { flow: outer, ends } = await openFlow();
  const [queue, middle] = [redis.queue<number>(), redis.queue<string>()];
  middle.consume(({ flowEnd }) => expect(flowEnd?.done).toBe(3));
  queue.consume(() => {});
  const { connection } = queue;
  for (let n = 0; n < 5; n += 1) {
    const then = { queue: middle, body: 'inner' };
    const inner = await Flow.open({ connection, then, memberOf: outer });
    for (let m = 0; m < 3; m += 1) await inner.send(queue, m);
    await inner.close();
  }
  await outer.close();
  expect(await endOf(ends)).toMatchObject({ done: 5 });
});

it('a flow that is cancelled cancels those nested in it', async () => {
  const { flow: outer, ends } = await openFlow();
  const [queue, middle] = [redis.queue<number>(), redis.queue<string>()];
  const { connection } = queue;
  const then = { queue: middle, body: 'inner' };
  const inner = await Flow.open({ connection, then, memberOf: outer });
  await inner.send(queue, 1);
  await outer.cancel();
  expect(await endOf(ends)).toMatchObject({ cancelled: 1 });
  await eventually(async () => (await inner.status())?.over === 'cancelled');
  await expect(inner.send(queue, 2)).rejects.toMatchObject({ code: 'FLOW_OVER' });
  expect((await middle.stats()).pending).toBe(0);
});

it('what its sender has not relayed before it died, consumers of the continuation relay', async () => {
  const { flow, last } = await openFlow({ consumes: false });
  const queue = redis.queue<number>();
  const { connection } = queue;
  // As a sender that dies behind the script.
  const place = handlingJson({ flow: `${flow.id}:${flow.queue}` });
  const element = encodeEnvelope({ idJson: '"m"', sentAt: 1, place }, '7');
  const member = {
    target: queue.name,
    id: 'm',
    element,
    delayMs: 0,
    at: 0,
    ttlMs: 0,
    isPlain: true,
  };
  const members = [{ target: queue.name, count: 1, packed: packMembers([member]) }];
  const keys = queueKeys(last.name);
  await connection.run(flowSend, { keys, id: flow.id, members });
  await connection.run(flowClose, { keys, id: flow.id });
  expect((await queue.stats()).pending).toBe(0);
  const seen: (FlowEnd | undefined)[] = [];
  last.consume(({ flowEnd }) => void seen.push(flowEnd), { leaseMs: 1000 });
  const delivery = await queue.receive({ timeoutMs: 20_000 });
  expect(delivery?.flow).toEqual({ id: flow.id, queue: flow.queue });
  await delivery?.ack();
  await eventually(() => seen.length === 1);
  expect(seen[0]).toMatchObject({ done: 1 });
});

it('a member that killed its consumers counts as dead', async () => {
  const { flow, ends } = await openFlow();
  const queue = redis.queue<number>();
  await flow.send(queue, 1);
  await flow.close();
  for (let n = 0; n < 2; n += 1) {
    await redis.otherEnd(queue).receive({ timeoutMs: 20_000 });
    await expireLeases(queue as never, await consumersOf(queue as never));
  }
  queue.consume(() => {}, { maxAttempts: 2, leaseMs: 1000 });
  expect(await endOf(ends)).toMatchObject({ dead: 1 });
});

it('a flow that was left open ends when it is idle, and not while members have not ended', async () => {
  const { flow, last } = await openFlow({ consumes: false, idleMs: 1000 });
  const queue = redis.queue<number>();
  await flow.send(queue, 1);
  const { flows } = queueKeys(last.name);
  const expire = () => queue.connection.call('ZADD', [flows, 'XX', 1, flow.id]);
  const seen: (FlowEnd | undefined)[] = [];
  await expire();
  last.consume(({ flowEnd }) => void seen.push(flowEnd), { leaseMs: 1000 });
  const delivery = await queue.receive({ timeoutMs: 20_000 });
  await eventually(async () => {
    const score = await queue.connection.call('ZSCORE', [flows, flow.id]);
    return Number(String(score)) > 1;
  });
  expect(seen).toEqual([]);
  await delivery?.ack();
  await eventually(() => seen.length === 1);
  expect(seen[0]).toMatchObject({ over: 'idle', done: 1 });
});

it('a flow that is opened again is the same flow', async () => {
  const id = uniqueName();
  const { flow, last, ends } = await openFlow({ id, results: true });
  const queue = redis.queue<number>();
  queue.consume(({ body }) => body);
  await flow.send(queue, 1);
  const { connection } = queue;
  const again = await Flow.open({ connection, id, then: { queue: last, body: 'another' } });
  await again.send(queue, 2);
  await again.close();
  expect(await endOf(ends)).toMatchObject({ done: 2 });
  const values: unknown[] = [];
  for await (const { value } of again.results()) values.push(value);
  expect(values.sort()).toEqual([1, 2]);
});

it('a flow tells what it is, where its members are, and what follows them', async () => {
  const outer = await openFlow({ consumes: false });
  const { flow, last } = await openFlow({
    consumes: false,
    onDead: 'cancel-rest',
    memberOf: outer.flow,
  });
  expect(await last.stats()).toMatchObject({ flows: 1 });
  const listed = async () => (await listQueues(last.connection)).map(({ name }) => name);
  await eventually(async () => (await listed()).includes(last.name));
  const [letters, bills] = [redis.queue<number>(), redis.queue<number>()];
  await flow.sendBatch([1, 2].map((body) => ({ queue: letters, body })));
  await flow.send(bills, 3);
  expect(await flow.pendingByQueue()).toEqual(
    new Map([
      [letters.name, 2],
      [bills.name, 1],
    ]),
  );
  await eventually(async () => (await listed()).includes(letters.name));
  const [message] = await letters.peek();
  expect(message).toMatchObject({ body: 1, flow: { id: flow.id, queue: last.name } });
  const status = await flow.status();
  expect(status).toMatchObject({
    ...{ state: 'open', pending: 3, onDead: 'cancel-rest' },
    memberOf: { id: outer.flow.id, queue: outer.last.name },
  });
  expect(Math.abs(Date.now() - Number(status?.openedAt))).toBeLessThan(60_000);
  expect(await flow.continuation()).toMatchObject({ body: 'go on', attempt: 0 });
  await flow.cancel();
  expect(await flow.continuation()).toBeUndefined();
  expect(await flow.pendingByQueue()).toEqual(new Map());
  expect(await last.stats()).toMatchObject({ flows: 0, pending: 1 });
  const [ended] = await last.peek();
  expect(ended?.flowEnd).toMatchObject({ id: flow.id, over: 'cancelled', cancelled: 3 });
  expect(
    await Flow.of({ connection: last.connection, queue: last.name, id: 'none' }).status(),
  ).toBe(undefined);
});

it('the flows of a queue that are not over are listed', async () => {
  const { flow, last } = await openFlow({ consumes: false });
  const { connection } = last;
  const open = (id: string) =>
    Flow.open({ connection, then: { queue: last, body: 'go on' }, id, idleMs: 5000 });
  const more = await Promise.all(Array.from({ length: 450 }, (_, n) => open(`flow-${n}`)));
  await more[7]?.close();
  await flow.send(redis.queue(), 1);
  await flow.close();
  const listed: Flow[] = [];
  for await (const each of Flow.list({ connection, queue: last.name })) listed.push(each);
  const ids = [flow, ...more].map(({ id }) => id).filter((id) => id !== 'flow-7');
  expect(listed.map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(await listed.find(({ id }) => id === flow.id)?.status()).toMatchObject({
    state: 'closed',
    pending: 1,
  });
  const wrong = { connection, queue: last.name, id: 'x' };
  await expect(Flow.list(wrong).next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('what cannot be a flow is refused', async () => {
  const queue = redis.queue<number>();
  const { connection } = queue;
  const then = { queue, body: 1 };
  const wrong: [object, RegExp][] = [
    [{ then: { body: 1 } }, /continuation of a flow has a queue/],
    [{ then: { ...then, bare: true } }, /cannot have bare/],
    [{ then, onDead: 'stop' }, /onDead/],
    [{ then, results: 1 }, /results/],
    [{ then, id: 'a:b' }, /id of a flow/],
    [{ then, idleMs: 5 }, /idleMs/],
    [{ then, keepMs: 0 }, /keepMs/],
    [{ then, memberOf: {} }, /memberOf/],
    [{ then, more: 1 }, /more/],
  ];
  for (const [options, message] of wrong) {
    await expect(Flow.open({ connection, ...options } as never)).rejects.toThrow(message);
  }
  const flow = await Flow.open({ connection, then });
  await expect(flow.send(queue, 1, { once: { key: 'k', until: 'done' } } as never)).rejects.toThrow(
    /A member of a flow cannot have once/,
  );
  const none = Flow.of({ connection, queue: queue.name, id: 'none' });
  expect(await none.status()).toBeUndefined();
  await expect(none.send(queue, 1)).rejects.toMatchObject({ code: 'FLOW_OVER', over: undefined });
  await expect(none.close()).rejects.toMatchObject({ code: 'FLOW_OVER' });
  expect(await none.cancel()).toBe(false);
});
