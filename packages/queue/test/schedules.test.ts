import { InvalidArgumentError, isRedpostError } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Scheduler, type UnreadableScheduleError } from '../src/index.js';
import { deferred, leftKeys } from './support/in-redis.js';
import { type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const dayMs = 86_400_000;
const minuteMs = 60_000;

function scheduler(...queues: { name: string }[]): Scheduler {
  const names = queues.map(({ name }) => name);
  const started = new Scheduler({ connection: redis.connection(), queues: names });
  onTestFinished(() => started.close());
  return started;
}

/** As if the next tick of a schedule had been due so many ms ago, and nobody had sent its message. */
async function makeOverdue({ connection, name }: TestQueue<unknown>, schedule: string, ms: number) {
  const states = `{${name}}:schedules:states`;
  const state = JSON.parse(String(await connection.call('HGET', [states, schedule])));
  const next = state.next - ms;
  const changed = JSON.stringify({ ...state, origin: state.origin - ms, next });
  await connection.call('HSET', [states, schedule, changed]);
  await connection.call('ZADD', [`{${name}}:schedules`, next, schedule]);
  return next;
}

const idsOf = async (queue: TestQueue<unknown>) =>
  (await queue.peek(2000)).map(({ id }) => id as string);

const idOf = (name: string, ms: number) => `${name}@${new Date(ms).toISOString()}`;

it('a consumer gets a message at each tick, with the name of the schedule and the time in its id', async () => {
  const queue = redis.queue<{ kind: string }>();
  const got: { id: string; body: unknown; headers: unknown; priority: number }[] = [];
  queue.consume(({ id, body, headers, priority }) => {
    got.push({ id, body, headers, priority });
  });
  const from = new Date(Date.now() + 1000);
  const set = await queue.schedules.set('report', {
    everyMs: 100,
    from,
    limit: 3,
    body: { kind: 'daily' },
    headers: { trace: '1' },
    priority: 7,
  });
  expect(set).toMatchObject({ name: 'report', everyMs: 100, next: from, ticks: 0, limit: 3 });

  await eventually(() => got.length === 3);
  expect(got).toEqual(
    [0, 1, 2].map((n) => ({
      id: idOf('report', from.getTime() + 100 * n),
      body: { kind: 'daily' },
      headers: { trace: '1' },
      priority: 7,
    })),
  );
  const ended = await queue.schedules.get('report');
  expect(ended).toMatchObject({ ticks: 3, next: undefined, last: new Date(from.getTime() + 200) });
});

it('a scheduler sends the messages of several queues that have no consumer', async () => {
  const queues = [redis.queue<number>(), redis.queue<number>()];
  scheduler(...queues);
  for (const queue of queues) await queue.schedules.set('s', { everyMs: 50, limit: 4, body: 1 });
  for (const queue of queues) {
    await eventually(async () => (await queue.stats()).pending === 4);
    const { next, last } = (await queue.schedules.get('s')) ?? {};
    expect({ next, last: idOf('s', last?.getTime() ?? 0) }).toEqual({
      next: undefined,
      last: (await idsOf(queue)).at(-1),
    });
  }
});

it('a schedule that is set again like this keeps its next tick, and another one moves it', async () => {
  const queue = redis.queue<string>();
  const { schedules } = queue;
  const first = await schedules.set('s', { everyMs: dayMs, body: 'a' });
  const again = await redis.otherEnd(queue).schedules.set('s', { everyMs: dayMs, body: 'a' });
  expect(again).toEqual(first);

  const otherBody = await schedules.set('s', { everyMs: dayMs, body: 'b' });
  expect(otherBody).toEqual({ ...first, body: 'b' });

  // Also one that is due, and that nobody has sent yet.
  const overdue = new Date(await makeOverdue(queue, 's', dayMs + 1000));
  expect((await schedules.set('s', { everyMs: dayMs, body: 'c' })).next).toEqual(overdue);
  await makeOverdue(queue, 's', -dayMs - 1000);

  const otherTime = await schedules.set('s', { everyMs: 2 * dayMs, body: 'b' });
  expect(otherTime.next?.getTime()).toBe((first.next?.getTime() ?? 0) + dayMs);
  expect(await schedules.next('s', 3)).toEqual(
    [0, 2, 4].map((n) => new Date((otherTime.next?.getTime() ?? 0) + n * dayMs)),
  );
});

it('everyMs counts from an explicit time, before which there is no tick', async () => {
  const { schedules } = redis.queue<number>();
  const past = new Date('2020-01-01T00:00:07.000Z');
  await schedules.set('past', { everyMs: minuteMs, from: past, body: 1 });
  const next = await schedules.next('past', 2);
  expect(next.map((time) => time.getTime() % minuteMs)).toEqual([7000, 7000]);

  const future = new Date('2090-01-01T00:00:00.000Z');
  const { next: first } = await schedules.set('future', { everyMs: dayMs, from: future, body: 1 });
  expect(first).toEqual(future);
  const cron = await schedules.set('cron', { cron: '@daily', from: future, body: 1 });
  expect(cron.next).toEqual(future);
});

it('there is no tick after the end', async () => {
  const { schedules } = redis.queue<number>();
  const until = new Date('2090-01-03T00:00:00.000Z');
  const from = new Date('2090-01-01T12:00:00.000Z');
  await schedules.set('s', { cron: '@daily', from, until, body: 1 });
  expect(await schedules.next('s', 10)).toEqual([new Date('2090-01-02T00:00:00.000Z'), until]);
});

it('the next times of cron patterns are those of their time zone', async () => {
  const { schedules } = redis.queue<number>();
  const next = async (cron: string, from: string, count = 2, timeZone = 'Europe/Berlin') => {
    await schedules.set(cron, { cron, timeZone, from: new Date(from), body: 1 });
    return (await schedules.next(cron, count)).map((time) => time.toISOString());
  };
  // The clocks skip 02:00 to 03:00 on March 26, and show it twice on October 29.
  expect(await next('30 2 * * *', '2090-03-26T00:00:00Z')).toEqual([
    '2090-03-26T01:00:00.000Z',
    '2090-03-27T00:30:00.000Z',
  ]);
  expect(await next('30 2 * * *', '2090-10-28T23:00:00Z')).toEqual([
    '2090-10-29T00:30:00.000Z',
    '2090-10-30T01:30:00.000Z',
  ]);
  expect(await next('*/30 * * * *', '2090-10-29T00:00:00Z', 4)).toEqual([
    '2090-10-29T00:00:00.000Z',
    '2090-10-29T00:30:00.000Z',
    '2090-10-29T01:00:00.000Z',
    '2090-10-29T01:30:00.000Z',
  ]);
  expect(await next('15,45 30 2 * * *', '2090-01-01T00:00:00Z')).toEqual([
    '2090-01-01T01:30:15.000Z',
    '2090-01-01T01:30:45.000Z',
  ]);
  // The 1st, and each Monday.
  expect(await next('0 0 1 * 1', '2090-02-01T00:00:00Z', 3, 'UTC')).toEqual([
    '2090-02-01T00:00:00.000Z',
    '2090-02-06T00:00:00.000Z',
    '2090-02-13T00:00:00.000Z',
  ]);
  for (const [nickname, second] of [
    ['@hourly', '2090-01-01T01'],
    ['@daily', '2090-01-02T00'],
    ['@midnight', '2090-01-02T00'],
    ['@weekly', '2090-01-08T00'],
    ['@monthly', '2090-02-01T00'],
    ['@yearly', '2091-01-01T00'],
    ['@annually', '2091-01-01T00'],
  ] as const) {
    const times = await next(nickname, '2090-01-01T00:00:00Z', 2, 'UTC');
    expect(times).toEqual(['2090-01-01T00:00:00.000Z', `${second}:00:00.000Z`]);
  }
});

it('ticks that nobody was there for are skipped, are sent as one, or are all sent', async () => {
  const queue = redis.queue<number>();
  const { schedules } = queue;
  const firsts = new Map<string, number>();
  for (const missed of ['skip', 'one', 'all'] as const) {
    await schedules.set(missed, { everyMs: 20_000, missed, body: 1 });
    firsts.set(missed, await makeOverdue(queue, missed, 110_000));
  }
  scheduler(queue);
  await eventually(async () => (await queue.stats()).pending >= 7);
  const ids = await idsOf(queue);
  const ticks = (name: string, ...numbers: number[]) =>
    numbers.map((n) => idOf(name, (firsts.get(name) ?? 0) + n * 20_000));
  // 90 s ago was the first one, so the fifth one is 10 s old.
  expect(ids.sort()).toEqual([
    ...ticks('all', 0, 1, 2, 3, 4),
    ...ticks('one', 4),
    ...ticks('skip', 4),
  ]);
});

it('of cron ticks that nobody was there for, the last one is sent', async () => {
  const queue = redis.queue<number>();
  const { next } = await queue.schedules.set('s', { cron: '@hourly', body: 1 });
  await makeOverdue(queue, 's', 1000 * dayMs);
  scheduler(queue);
  await eventually(async () => (await queue.stats()).pending === 1);
  expect(await idsOf(queue)).toEqual([idOf('s', (next?.getTime() ?? 0) - 3_600_000)]);
  expect((await queue.schedules.get('s'))?.next).toEqual(next);
});

it('thousands of ticks that were missed are sent in pieces, each once', async () => {
  const queue = redis.queue<string>();
  await queue.schedules.set('s', { everyMs: 50, limit: 1500, missed: 'all', body: 'x' });
  const first = await makeOverdue(queue, 's', 100_000);
  scheduler(queue, queue);
  scheduler(queue);
  await eventually(async () => (await queue.stats()).pending >= 1500, 20_000);
  const expected = Array.from({ length: 1500 }, (_, n) => idOf('s', first + 50 * n));
  expect(await idsOf(queue)).toEqual(expected);
});

it('delayed messages are promoted while many ticks that were missed are sent', async () => {
  const queue = redis.queue<string>();
  await queue.schedules.set('s', { everyMs: 1, limit: 100_000, missed: 'all', body: 'tick' });
  await makeOverdue(queue, 's', 200_000);
  scheduler(queue);
  await eventually(async () => (await queue.stats()).pending > 0);
  await queue.send('delayed', { delayMs: 1 });
  await eventually(async () => (await queue.stats()).delayed === 0);
  const { ticks = 0 } = (await queue.schedules.get('s')) ?? {};
  expect(ticks).toBeLessThan(100_000);
  await queue.schedules.remove('s');
});

it('with overlap skip, no message is sent while an earlier one waits, is delayed or is handled', async () => {
  const queue = redis.queue<string>();
  scheduler(queue);
  const ticks = async () => (await queue.schedules.get('s'))?.ticks ?? 0;
  const someTicks = async () => {
    const before = await ticks();
    await eventually(async () => (await ticks()) >= before + 2);
  };
  await queue.schedules.set('s', { everyMs: 50, overlap: 'skip', body: 'x' });
  await someTicks();
  expect(await queue.stats()).toMatchObject({ pending: 1 });
  const delivery = await queue.receive();
  await someTicks();
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 1 });
  await delivery?.retry({ delayMs: 60_000 });
  await someTicks();
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, delayed: 1 });
  await queue.purge();
  await eventually(async () => (await queue.stats()).pending === 1);

  // A dead letter does not count.
  await (await queue.receive())?.deadLetter();
  await eventually(async () => (await queue.stats()).pending === 1);
  await (await queue.receive())?.ack();
  await eventually(async () => (await queue.stats()).pending === 1);
});

it('the message of a tick with jitter is delayed by at most so long', async () => {
  const queue = redis.queue<number>();
  scheduler(queue);
  await queue.schedules.set('s', { everyMs: 10, limit: 20, jitterMs: 1_000_000_000, body: 1 });
  await eventually(async () => (await queue.stats()).delayed === 20);
  const reply = (await queue.connection.call('ZRANGE', [
    `{${queue.name}}:delayed`,
    0,
    -1,
    'WITHSCORES',
  ])) as Buffer[];
  for (let at = 0; at < reply.length; at += 2) {
    const [, tick] = /"id":"s@([^"]*)"/.exec(String(reply[at])) ?? [];
    const jitterMs = Number(reply[at + 1]) - Date.parse(tick ?? '');
    expect(jitterMs).toBeGreaterThanOrEqual(0);
    expect(jitterMs).toBeLessThanOrEqual(1_000_000_000);
  }
});

it('a paused schedule has no ticks until it is resumed, and none for the time between', async () => {
  const queue = redis.queue<number>();
  const { schedules } = queue;
  await schedules.set('s', { everyMs: dayMs, body: 1 });
  expect([await schedules.pause('s'), await schedules.pause('s')]).toEqual([true, false]);
  expect(await schedules.get('s')).toMatchObject({ isPaused: true, next: undefined });
  const changed = await schedules.set('s', { everyMs: 2 * dayMs, body: 1 });
  expect(changed).toMatchObject({ isPaused: true, next: undefined });
  const [next] = await schedules.next('s');
  expect([await schedules.resume('s'), await schedules.resume('s')]).toEqual([true, false]);
  expect(await schedules.get('s')).toMatchObject({ isPaused: false, next });
});

it('runNow sends a message beside the ticks, of a paused schedule too', async () => {
  const queue = redis.queue<string>();
  const { schedules } = queue;
  const { next } = await schedules.set('s', {
    everyMs: dayMs,
    overlap: 'skip',
    key: 'k',
    body: 'x',
  });
  const id = await schedules.runNow('s');
  expect(id).toMatch(/^s@run-/);
  expect(await schedules.runNow('s')).toBeUndefined();
  expect(await queue.peek()).toMatchObject([{ id, body: 'x', key: 'k' }]);
  expect(await schedules.get('s')).toMatchObject({ next, ticks: 0 });
  await queue.purge();
  await schedules.pause('s');
  expect(await schedules.runNow('s')).toMatch(/^s@run-/);
});

it('schedules are listed by name, and are removed for good', async () => {
  const queue = redis.queue<string>();
  const { schedules } = queue;
  for (const name of ['b', 'a', 'ü'])
    await schedules.set(name, { cron: '@daily', body: name.repeat(3) });
  const listed = await schedules.list();
  expect(listed.map(({ name, body }) => [name, body])).toEqual([
    ['a', 'aaa'],
    ['b', 'bbb'],
    ['ü', 'üüü'],
  ]);
  expect((await queue.stats()).schedules).toBe(3);
  expect([await schedules.remove('b'), await schedules.remove('b')]).toEqual([true, false]);
  expect(await schedules.get('b')).toBeUndefined();
  for (const call of ['pause', 'resume', 'runNow', 'next'] as const) {
    expect(await rejection(schedules[call]('b'))).toBeInstanceOf(InvalidArgumentError);
  }
  await schedules.remove('a');
  await schedules.remove('ü');
  expect(await leftKeys(queue as TestQueue<never>)).toEqual([]);
});

it('many schedules are listed by several calls', async () => {
  const queue = redis.queue<string>();
  const body = 'x'.repeat(2000);
  const names = Array.from({ length: 1200 }, (_, n) => `s${String(n).padStart(4, '0')}`);
  await Promise.all(names.map((name) => queue.schedules.set(name, { everyMs: dayMs, body })));
  expect((await queue.schedules.list()).map(({ name }) => name)).toEqual(names);
});

it('purge leaves schedules, and destroy leaves nothing of them', async () => {
  const queue = redis.queue<string>();
  await queue.schedules.set('s', { everyMs: dayMs, overlap: 'skip', body: 'x' });
  await queue.schedules.runNow('s');
  await queue.purge();
  expect(await queue.schedules.list()).toHaveLength(1);
  await queue.schedules.runNow('s');
  await queue.destroy();
  const left = await queue.connection.call('KEYS', [`*${queue.name}*`]);
  expect(left).toEqual([]);
});

it('a schedule that is removed or paused while its message is being sent is not sent any more', async () => {
  const queue = redis.queue<number>();
  const started = scheduler(queue);
  const errors: Error[] = [];
  started.on('error', (error) => errors.push(error));
  for (let n = 0; n < 30; n += 1) {
    await queue.schedules.set('s', { everyMs: 5, body: n });
    if (n % 2) await queue.schedules.pause('s');
    else await queue.schedules.remove('s');
    await queue.purge();
    const { ticks = 0 } = (await queue.schedules.get('s')) ?? {};
    const { pending } = await queue.stats();
    const later = (await queue.schedules.get('s')) ?? { ticks: 0 };
    expect({ pending, ticks: later.ticks }).toEqual({ pending: 0, ticks });
    await queue.schedules.remove('s');
  }
  expect(errors).toEqual([]);
});

it('a schedule that cannot be read here is reported, and holds up no other one', async () => {
  const queue = redis.queue<number>();
  await queue.schedules.set('broken', { cron: '@daily', timeZone: 'Europe/Berlin', body: 1 });
  await makeOverdue(queue, 'broken', 2 * dayMs);
  const specs = `{${queue.name}}:schedules:specs`;
  const spec = String(await queue.connection.call('HGET', [specs, 'broken']));
  await queue.connection.call('HSET', [specs, 'broken', spec.replace('Berlin', 'Atlantis')]);
  const errors: Error[] = [];
  scheduler(queue).on('error', (error) => errors.push(error));
  await queue.schedules.set('good', { everyMs: 20, limit: 3, body: 1 });
  await eventually(async () => (await queue.stats()).pending === 3);
  expect(errors[0]).toMatchObject({ code: 'UNREADABLE_SCHEDULE', schedule: 'broken' });
  expect(String(errors[0])).toMatch(/schedule "broken" .*cannot be read here.*Europe\/Atlantis/);
  expect((await queue.schedules.get('broken'))?.ticks).toBe(0);
});

it('what another client has written wrongly is reported, and holds up no other schedule', async () => {
  const queue = redis.queue<number>();
  const { connection, name } = queue;
  const state = JSON.stringify({ version: 1, origin: 1, next: 1, ticks: 0 });
  const wrong: [spec: string, state: string][] = [
    ['{"everyMs":0}\n1', state],
    ['{"everyMs":"7"}\n1', state],
    ['{"cron":7}\n1', state],
    ['{"everyMs":7,"from":"x"}\n1', state],
    ['{"everyMs":7}', state],
    ['null\n1', state],
    ['{"everyMs":7}\n1', '{"next":1}'],
    ['{"everyMs":7}\n1', 'null'],
    ['', ''],
  ];
  for (const [n, [spec, text]] of wrong.entries()) {
    await connection.call('HSET', [`{${name}}:schedules:specs`, `s${n}`, spec]);
    await connection.call('HSET', [`{${name}}:schedules:states`, `s${n}`, text]);
    await connection.call('ZADD', [`{${name}}:schedules`, 1, `s${n}`]);
  }
  const told = new Set<string>();
  scheduler(queue).on('error', (error) => {
    if (isRedpostError(error, 'UNREADABLE_SCHEDULE')) {
      told.add((error as UnreadableScheduleError).schedule);
    }
  });
  await queue.schedules.set('good', { everyMs: 20, limit: 3, body: 1 });
  await eventually(async () => (await queue.stats()).pending === 3);
  await eventually(() => told.size === wrong.length);
  expect(await queue.schedules.get('good')).toMatchObject({ ticks: 3, next: undefined });
});

it.each([{}, { key: 'k' }, { priority: 8 }, { overlap: 'skip' }] as const)(
  'messages of ticks have the timeout of their schedule, and keep their results (%o)',
  async (place) => {
    const queue = redis.queue<string>();
    const timedOut = deferred<unknown>();
    queue.consume(
      async ({ body, attempt, signal }) => {
        if (body === 'slow' && attempt === 1) {
          signal.addEventListener('abort', () => timedOut.resolve(signal.reason));
          await timedOut.promise;
          throw signal.reason;
        }
        return { body, attempt };
      },
      { backoff: () => 0 },
    );
    const options = { everyMs: 20, limit: 1, timeoutMs: 50, keepResultMs: 60_000, ...place };
    expect(await queue.schedules.set('slow', { ...options, body: 'slow' })).toMatchObject(options);
    expect(await timedOut.promise).toMatchObject({ code: 'ATTEMPT_TIMEOUT', timeoutMs: 50 });

    await eventually(async () => (await queue.schedules.get('slow'))?.ticks === 1);
    const last = (await queue.schedules.get('slow'))?.last?.getTime() ?? 0;
    const value = { body: 'slow', attempt: 2 };
    const result = await queue.result(idOf('slow', last), { waitMs: 20_000 });
    expect(result).toMatchObject({ state: 'done', value });
    const id = await queue.schedules.runNow('slow');
    const ran = await queue.result(id as string, { waitMs: 20_000 });
    expect(ran).toMatchObject({ state: 'done', value });
  },
);

it('a tick whose key is full is reported and not sent', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ keyMaxLength: 1 });
  const errors: unknown[] = [];
  scheduler(queue).on('error', (error) => errors.push(error));
  await queue.schedules.set('s', { everyMs: 20, limit: 3, key: 'k', body: 1 });
  await eventually(() => errors.length > 0);
  await eventually(async () => (await queue.schedules.get('s'))?.ticks === 3);
  expect(errors[0]).toMatchObject({ code: 'KEY_FULL', key: 'k' });
  expect((await queue.stats()).pending).toBe(1);
});

it('an option that cannot work is refused by its name', async () => {
  const { schedules } = redis.queue<number>();
  const set = (options: object) => () => schedules.set('s', { body: 1, ...options } as never);
  const wrong: [RegExp, object][] = [
    [/either cron or everyMs/, {}],
    [/either cron or everyMs/, { cron: '@daily', everyMs: 1 }],
    [/everyMs/, { everyMs: 0 }],
    [/everyMs/, { everyMs: 1.5 }],
    [/cron is a pattern .*'61 \* \* \* \*'|cron is a pattern/, { cron: '61 * * * *' }],
    [/cron is a pattern/, { cron: '* * * *' }],
    [/cron is a pattern/, { cron: '0 0 0 1 1 * 2030' }],
    [/cron is a pattern/, { cron: '@reboot' }],
    [/cron is a pattern/, { cron: '5/15 * * * *' }],
    [/cron is a pattern/, { cron: '0 22-2 * * *' }],
    [/cron is a pattern/, { cron: 7 }],
    [/without any time/, { cron: '0 0 30 2 *' }],
    [/timeZone is the name of a time zone/, { cron: '@daily', timeZone: 'Mars/Base' }],
    [/timeZone is the name of a time zone/, { cron: '@daily', timeZone: 7 }],
    [/timeZone is that of cron/, { everyMs: 1, timeZone: 'UTC' }],
    [/from is a Date/, { everyMs: 1, from: 5 }],
    [/until is a Date/, { everyMs: 1, until: new Date(Number.NaN) }],
    [/until is before from/, { everyMs: 1, from: new Date(2), until: new Date(1) }],
    [/limit/, { everyMs: 1, limit: 0 }],
    [/jitterMs/, { everyMs: 1, jitterMs: -1 }],
    [/missed is 'skip' or 'one' or 'all'/, { everyMs: 1, missed: 'none' }],
    [/overlap is 'allow' or 'skip'/, { everyMs: 1, overlap: 'no' }],
    [/priority/, { everyMs: 1, priority: 10 }],
    [/ttlMs/, { everyMs: 1, ttlMs: 0 }],
    [/headers/, { everyMs: 1, headers: { a: 1 } }],
    [/timeoutMs/, { everyMs: 1, timeoutMs: 0 }],
    [/keepResultMs/, { everyMs: 1, keepResultMs: 0.5 }],
    [/cannot have id: .*name of the schedule/, { everyMs: 1, id: 'a' }],
    [/cannot have delayMs: .*jitterMs/, { everyMs: 1, delayMs: 5 }],
    [/cannot have at: .*cron/, { everyMs: 1, at: new Date() }],
    [/cannot have once: overlap: 'skip'/, { everyMs: 1, once: { key: 'k', until: 'done' } }],
    [/cannot have throttle: /, { everyMs: 1, throttle: { key: 'k', ms: 5 } }],
    [/cannot have debounce: /, { everyMs: 1, debounce: { key: 'k', ms: 5 } }],
    [/cannot have bare: /, { everyMs: 1, bare: true }],
    [/cannot have replicas: /, { everyMs: 1, replicas: 1 }],
    [/everyMS/, { everyMS: 1 }],
  ];
  for (const [message, options] of wrong) {
    const error = await rejection(set(options)());
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toMatch(message);
  }
  for (const name of ['', 'x'.repeat(201), '\ud800', 7]) {
    expect(await rejection(schedules.set(name as string, { everyMs: 1, body: 1 }))).toBeInstanceOf(
      InvalidArgumentError,
    );
  }
  expect(await schedules.list()).toEqual([]);
  const connection = redis.connection();
  for (const queues of [[], 'reports', undefined, ['{}']]) {
    expect(() => new Scheduler({ connection, queues: queues as never })).toThrow(
      InvalidArgumentError,
    );
  }
  expect(() => new Scheduler({ connection, queues: [uniqueName()], every: 1 } as never)).toThrow(
    InvalidArgumentError,
  );
});
