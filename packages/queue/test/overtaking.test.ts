import { setTimeout as pause } from 'node:timers/promises';
import { ConnectionError } from '@redpost/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { Delivery } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { rememberMs } from '../src/scripts/recover.js';
import { plain } from '../src/shape/shape.js';
import { deferred, isBlocked } from './support/in-redis.js';
import { uniqueName, useRedis } from './support/use-redis.js';

/** Told of the timers that core starts, which takes `setTimeout` when it is loaded. */
const timers = await vi.hoisted(async () => {
  const { default: node } = await import('node:timers');
  const { syncBuiltinESMExports } = await import('node:module');
  const { setTimeout: start } = node;
  type Started = (job: () => void, ms: number | undefined) => void;
  const told: { started: Started | undefined } = { started: undefined };
  const startAndTell = (job: () => void, ms?: number) => {
    told.started?.(job, ms);
    return start(job, ms);
  };
  node.setTimeout = startAndTell as typeof start;
  syncBuiltinESMExports();
  return told;
});

vi.mock('@redpost/core/consuming', async (original) => {
  const { fakeableTimers } = await import('../../../tooling/fakeable-timers.js');
  return { ...(await original<object>()), ...fakeableTimers };
});

const redis = useRedis();
const turn = () => new Promise(setImmediate);
/** Beats find what is held and not known of: they are too slow for these tests. */
const leaseMs = 60_000;

/** A schema that every text fits, once this has resolved. */
function textAfter(reading: Promise<void>) {
  const validate = async (value: unknown) => {
    await reading;
    return { value: value as string };
  };
  return { '~standard': { version: 1, vendor: 'test', validate } } as const;
}

interface Lease {
  handedOff?: number;
}

describe('a message of a blocking move whose receipt Redis does not know yet', () => {
  it('returns to the queue when no call waits for it any more', async () => {
    const reading = deferred();
    const schema = textAfter(reading.promise);
    const released = deferred();
    const connection = interposed(redis.connection(), async (script, run, input) => {
      const adopts = script === 'lease' && (input as Lease).handedOff;
      // Long enough for a release that does not wait for this.
      if (adopts) await Promise.race([released.promise, reading.promise.then(() => pause(50))]);
      const answer = await run();
      if (script === 'release') released.resolve();
      return answer;
    });
    const name = uniqueName();
    const other = redis.queue<string>({ name });
    const queue = redis.queue<string>({ name, connection, schema, consume: { leaseMs } });
    const abort = new AbortController();
    const received = queue.receive({ signal: abort.signal });
    await eventually(() => isBlocked(connection));
    await other.send('wanted by nobody');
    await eventually(async () => (await other.stats()).pending === 0);
    abort.abort();
    reading.resolve();

    await expect(received).rejects.toThrow();
    await eventually(async () => (await other.stats()).pending === 1);
    expect(await other.stats()).toMatchObject({ active: 0 });
  });

  it('stays before later messages, when another call asks while it is returned', async () => {
    const [reading, adopting] = [deferred(), deferred()];
    const schema = textAfter(reading.promise);
    const connection = interposed(redis.connection(), async (script, run, input) => {
      const answer = await run();
      if (script === 'lease' && (input as Lease).handedOff) await adopting.promise;
      return answer;
    });
    const name = uniqueName();
    const other = redis.queue<string>({ name });
    const queue = redis.queue<string>({ name, connection, schema, consume: { leaseMs } });
    const abort = new AbortController();
    const received = queue.receive({ signal: abort.signal });
    await eventually(() => isBlocked(connection));
    await other.send('first');
    await eventually(async () => (await other.stats()).pending === 0);
    await other.send('second');
    abort.abort();
    await expect(received).rejects.toThrow();
    reading.resolve();
    await turn();
    const next = queue.receive();
    await turn();
    adopting.resolve();

    expect((await next)?.body).toBe('first');
  });

  it('is retried as decided, though its consumer is closed meanwhile', async () => {
    const closing = deferred();
    const connection = interposed(redis.connection(), async (script, run, input) => {
      if (script === 'lease' && (input as Lease).handedOff) await closing.promise.then(turn);
      return run();
    });
    const name = uniqueName();
    const other = redis.queue<string>({ name });
    const queue = redis.queue<string>({ name, connection });
    const received = queue.receive();
    await eventually(() => isBlocked(connection));
    await other.send('later');
    const delivery = (await received) as Delivery<string>;
    const retried = delivery.retry({ delayMs: 60_000 });
    const closed = queue.close();
    closing.resolve();

    await expect(retried).resolves.toBeUndefined();
    await closed;
    expect(await other.stats()).toMatchObject({ delayed: 1, pending: 0 });
  });
});

it('messages that came for several cancelled calls return in their order', async () => {
  const reading = deferred();
  const schema = textAfter(reading.promise);
  const name = uniqueName();
  const other = redis.queue<string>({ name });
  await other.sendBatch([{ body: 'first' }, { body: 'second' }]);
  const queue = redis.queue<string>({ name, schema });
  const abort = new AbortController();
  const received = [1, 2].map(() => queue.receive({ signal: abort.signal }));
  await eventually(async () => (await other.stats()).active === 2);
  abort.abort();
  await Promise.allSettled(received);
  reading.resolve();

  await eventually(async () => (await other.stats()).pending === 2);
  expect((await other.peek(2)).map(({ body }) => body)).toEqual(['first', 'second']);
});

it('a consumer tells that its queue is drained after every message that was the last', async () => {
  const name = uniqueName();
  const other = redis.queue<string>({ name });
  const told: string[] = [];
  const working = deferred();
  const connection = interposed(redis.connection(), async (script, run, input) => {
    const answer = await run();
    // The next call acknowledges the first one, and takes the second one as it goes.
    if (script === 'lease' && (input as Lease).handedOff && told.at(-1) === 'first') {
      await other.send('second');
      working.resolve();
      await turn();
    }
    return answer;
  });
  const queue = redis.queue<string>({ name, connection });
  const handler = async ({ body }: Delivery<string>) => {
    told.push(body);
    if (body === 'first') await working.promise;
  };
  const consumer = queue.consume(handler, { concurrency: 10, leaseMs });
  await eventually(() => isBlocked(connection));
  consumer.on('drained', () => told.push('drained'));
  await other.send('first');

  await eventually(() => told.includes('second') && told.at(-1) === 'drained');
  expect(told.filter((what) => what !== 'drained')).toEqual(['first', 'second']);
});

it('a call that comes late gives no message the receipt of another one', async () => {
  const connection = redis.connection();
  const keys = queueKeys(uniqueName());
  const consumer = 'a';
  await connection.call('ZADD', [keys.consumers, Date.now() + leaseMs, consumer]);
  await connection.call('HSET', [keys.active(consumer), 5, 'adopted meanwhile']);
  await connection.call('LPUSH', [keys.handoff(consumer), 'the next one']);
  const acked = { held: [], batches: [], receipts: [], expired: 0 };
  const asked = { count: 0, asBatch: false, withList: true, withSuspect: false };
  const receipts = { firstReceipt: 6, handedOff: 5 };
  const input = {
    version: plain.version,
    keys,
    consumer,
    from: 'RIGHT',
    ...asked,
    ...receipts,
    acked,
  } as const;
  await connection.run(leaseOf(plain), input);

  const held = await connection.call('HGET', [keys.active(consumer), 5]);
  expect(String(held)).toBe('adopted meanwhile');
  expect(await connection.call('LLEN', [keys.handoff(consumer)])).toBe(1);
});

it('a message that comes while acknowledgements follow one another is taken with the next of them', async () => {
  const name = uniqueName();
  const other = redis.queue<number | 'spark' | 'late'>({ name });
  const gates = Array.from({ length: 15 }, () => deferred());
  let isFlowing = false;
  let opened = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    if (script === 'lease' && isFlowing) {
      if (opened === 0) await other.send('late');
      // When it arrives, there is something to acknowledge again.
      gates[opened]?.resolve();
      opened += 1;
      await turn();
    }
    return answer;
  });
  let begun = 0;
  let ended = 0;
  let endedBefore: number | undefined;
  redis.queue<number | 'spark' | 'late'>({ name, connection }).consume(
    async ({ body }) => {
      begun += 1;
      if (body === 'late') endedBefore = ended;
      if (typeof body === 'string') return;
      await gates[body]?.promise;
      ended += 1;
    },
    { concurrency: 20, leaseMs },
  );
  await other.sendBatch(gates.map((_, body) => ({ body })));
  await eventually(async () => begun === 15 && (await isBlocked(connection)));

  isFlowing = true;
  await other.send('spark');
  await eventually(() => endedBefore !== undefined);

  expect(endedBefore).toBeLessThan(5);
  for (const { resolve } of gates) resolve();
});

it('an answer that was on its way before does not count for a new call', async () => {
  const answers = [deferred(), deferred()];
  let calls = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    if (script !== 'lease') return answer;
    calls += 1;
    await answers[calls - 1]?.promise;
    return answer;
  });
  const name = uniqueName();
  const queue = redis.queue<string>({ name, connection });
  const early = queue.receive({ timeoutMs: 0 });
  await eventually(() => calls === 1);
  await redis.queue<string>({ name }).send('here');
  const late = queue.receive({ timeoutMs: 0 });
  await eventually(() => calls === 2);
  answers[0]?.resolve();

  expect(await early).toBeUndefined();
  answers[1]?.resolve();
  expect((await late)?.body).toBe('here');
});

it('messages that Redis leases by a call that timed out long ago are found', async () => {
  // The look that is taken when nothing late can come any more.
  let look: (() => void) | undefined;
  timers.started = (job, ms) => {
    if (ms === rememberMs) look = job;
  };
  onTestFinished(() => {
    timers.started = undefined;
  });

  let isLost = false;
  let late: (() => Promise<unknown>) | undefined;
  const connection = interposed(redis.connection(), (script, run) => {
    if (script !== 'lease' || !isLost || late) return run();
    late = run;
    return Promise.reject(new ConnectionError('Gone', { outcome: 'unknown' }));
  });
  const name = uniqueName();
  const other = redis.queue<number>({ name });
  const begun: number[] = [];
  const end = deferred();
  const handler = async ({ body }: Delivery<number>) => {
    begun.push(body);
    await end.promise;
  };
  const queue = redis.queue<number>({ name, connection });
  queue.consume(handler, { concurrency: 3, leaseMs }).on('error', () => {});
  for (const body of [1, 2, 3]) {
    await eventually(() => isBlocked(connection));
    isLost = body === 2;
    await other.send(body);
    await eventually(() => begun.length === body);
  }
  await other.send(4);
  await late?.();
  expect(await other.stats()).toMatchObject({ pending: 0, active: 4 });
  expect(look).toBeDefined();
  look?.();
  end.resolve();

  await eventually(() => begun.length === 4);
});
