import { type Connection, ConnectionError } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { type Delivery, Queue } from '../src/index.js';
import { deferred, isBlocked } from './support/in-redis.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

/** So long that no beat helps on what is tested here. */
const leaseMs = 60_000;

/** A Redis of the test's own, and what happens there without the consumer's knowledge. */
async function start() {
  const redis = await startOwnRedis();
  const outside = openConnection(redis.url);
  const producer = new Queue<string>('task', { connection: outside });
  const send = async (...bodies: string[]) => {
    for (const body of bodies) await producer.send(body);
  };
  return {
    connection: openConnection(redis.url),
    producer,
    send,
    flush: () => outside.call('FLUSHALL', []),
    isBlocked: () => isBlocked(outside),
  };
}

/** The queue at this end; it is closed when the test ends. */
function consuming(connection: Connection): Queue<string> {
  const queue = new Queue<string>('task', { connection, consume: { leaseMs } });
  onTestFinished(() => queue.close());
  return queue;
}

/** A connection that asks the server to end a blocking read only when `first` has resolved. */
function endsReadsAfter(connection: Connection, first: () => Promise<void>): Connection {
  const block: Connection['block'] = (command, { signal, ...options } = {}) => {
    const end = new AbortController();
    signal?.addEventListener('abort', () => void first().then(() => end.abort(signal.reason)));
    return connection.block(command, { ...options, signal: end.signal });
  };
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'block') return block;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The first start of each. */
const starts = (seen: readonly string[]) => [...new Set(seen)];

const points = Array.from({ length: 8 }, (_, at) => at + 1).flatMap((nth) => [
  ['before', nth] as const,
  ['after', nth] as const,
]);

it.each(points)(
  'messages that are sent after a FLUSHALL just %s script %i of a consumer are started at once, and in order',
  async (when, nth) => {
    const { connection, send, flush, ...server } = await start();
    const seen: string[] = [];
    let scripts = 0;
    let isSent = false;
    const flushAndSend = async () => {
      await flush();
      await send('a', 'b', 'c');
      isSent = true;
    };
    const flushing = interposed(connection, async (_script, run) => {
      scripts += 1;
      const isNow = scripts === nth;
      if (isNow && when === 'before') await flushAndSend();
      const answer = await run();
      if (isNow && when === 'after') await flushAndSend();
      return answer;
    });
    const consumer = consuming(flushing).consume(({ body }) => void seen.push(body));
    consumer.on('error', () => {});
    // It takes some messages for it to come so far.
    for (let n = 1; !isSent; n += 1) {
      await eventually(async () => isSent || (await server.isBlocked()));
      if (!isSent) await send(`${n}`);
      await eventually(() => isSent || seen.includes(`${n}`));
    }

    await eventually(() => seen.includes('c'));
    expect(starts(seen.filter((body) => /[abc]/.test(body)))).toEqual(['a', 'b', 'c']);
  },
);

/**
 * A consumer that learns of a FLUSHALL by a beat, while its blocking move takes the message `a` and
 * `b` is sent: what it has taken nobody is told of.
 */
async function loses({ around = (connection: Connection) => connection } = {}) {
  const { connection, producer, send, flush, ...server } = await start();
  const [first, isMoved, end] = [deferred<Delivery>(), deferred(), deferred()];
  const seen: string[] = [];
  const moving = endsReadsAfter(around(connection), async () => {
    if (!seen.includes('a')) await send('a', 'b');
    isMoved.resolve();
  });
  const queue = consuming(moving);
  onTestFinished(() => end.resolve());
  const handle = async (delivery: Delivery<string>) => {
    seen.push(delivery.body);
    first.resolve(delivery);
    if (delivery.body === 'first') await end.promise;
  };
  const lose = async () => {
    await eventually(() => server.isBlocked());
    await flush();
    await expect((await first.promise).extend()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await isMoved.promise;
  };
  return { queue, producer, send, handle, lose, seen, end };
}

describe('a message of a blocking move, when Redis has lost the lease of its consumer,', () => {
  it('is handled before messages that were sent later', async () => {
    const { queue, send, handle, lose, seen } = await loses();
    queue.consume(handle, { concurrency: 2 });
    await send('first');
    await eventually(() => seen.length === 1);
    await lose();

    await eventually(() => seen.length === 3);
    expect(seen).toEqual(['first', 'a', 'b']);
  });

  it('is received before messages that were sent later', async () => {
    const { queue, send, handle, lose } = await loses();
    await send('first');
    void handle((await queue.receive()) as Delivery<string>);
    const received = [queue.receive(), queue.receive()];
    await lose();

    const bodies = await Promise.all(received.map(async (each) => (await each)?.body));
    expect(bodies).toEqual(['a', 'b']);
  });

  it('is not lost when Redis cannot be asked at once', async () => {
    let failures = 0;
    const around = (connection: Connection) =>
      interposed(connection, (script, run) => {
        if (script !== 'leave' || failures > 1) return run();
        failures += 1;
        return Promise.reject(new ConnectionError('away', { outcome: 'not-executed' }));
      });
    const { queue, send, handle, lose, seen } = await loses({ around });
    queue.consume(handle, { concurrency: 2 });
    await send('first');
    await eventually(() => seen.length === 1);
    await lose();

    await eventually(() => seen.length === 3);
    expect(failures).toBe(2);
    expect(seen).toEqual(['first', 'a', 'b']);
  });

  it('is back in the queue when the consumer has stopped', async () => {
    const isStopping = deferred();
    const around = (connection: Connection) =>
      interposed(connection, async (script, run) => {
        if (script === 'leave') await isStopping.promise;
        return run();
      });
    const { queue, producer, send, handle, lose, seen, end } = await loses({ around });
    const consumer = queue.consume(handle, { concurrency: 2 });
    await send('first');
    await eventually(() => seen.length === 1);
    await lose();
    end.resolve();
    const stopped = consumer.stop();
    setImmediate(isStopping.resolve);
    await stopped;

    expect((await producer.peek(2)).map(({ body }) => body)).toEqual(['a', 'b']);
  });
});

it('messages that were leased ahead and not started when Redis lost the lease keep their place', async () => {
  const { connection, send, flush, ...server } = await start();
  const end = deferred();
  const seen: string[] = [];
  const queue = consuming(connection);
  const consumer = queue.consume(({ body }) => {
    seen.push(body);
    return body === 'long' ? end.promise : undefined;
  });
  const isLost = deferred();
  consumer.on('lost', () => isLost.resolve());
  // Fast handlers have it lease ahead.
  await send(...Array.from({ length: 50 }, (_, n) => `${n}`), 'long');
  await eventually(async () => seen.includes('long') && (await server.isBlocked()));
  await flush();
  await send('a');
  await isLost.promise;
  await send('b');
  end.resolve();

  await eventually(() => seen.includes('b') && seen.includes('a'));
  expect(seen.slice(-2)).toEqual(['a', 'b']);
});
