import { randomUUID } from 'node:crypto';
import { type Connection, connect, TimeoutError } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { type Interposition, interposed } from '../../tooling/interposed.js';
import { type Leased, leasedFrom } from '../src/leasing/leased.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

function openConnection(url = redis.url): Connection {
  const connection = connect(url);
  onTestFinished(() => connection.close());
  return connection;
}

const soon = () => 1;

/** A promise, and what settles it. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What leasing promises, whatever the storage: each test here holds for a queue and for a group. */
describe.each(leasedFrom)('%s', (_, openLeased) => {
  const open = (connection = openConnection(), name = `test:${randomUUID()}`) => ({
    name,
    connection,
    ...openLeased(name, connection),
  });

  it('retries a record whose handler fails, and dead-letters it after the last attempt', async () => {
    const { send, consume, dead, redrive } = open();
    await send('fails', 'works');
    const seen: string[] = [];
    const handler = ({ body, attempt }: Leased) => {
      seen.push(`${body} ${attempt}`);
      if (body === 'fails') throw new Error('as planned');
    };
    consume(handler, { maxAttempts: 3, backoff: soon });
    await eventually(async () => (await dead()).length === 1);

    expect(seen.sort()).toEqual(['fails 1', 'fails 2', 'fails 3', 'works 1']);
    expect(await dead()).toMatchObject([{ body: 'fails', reason: 'failed' }]);
    seen.length = 0;
    expect(await redrive()).toBe(1);
    await eventually(() => seen.length === 3);
    expect(seen[0]).toBe('fails 1');
  });

  it('settles a delivery once', async () => {
    const { send, consume } = open();
    await send('a');
    const codes: unknown[] = [];
    const told = (error: { code?: unknown }) => void codes.push(error.code);
    consume(async (leased) => {
      await leased.ack();
      for (const again of [leased.ack(), leased.retry(), leased.deadLetter(), leased.extend()]) {
        await again.catch(told);
      }
    });

    await eventually(() => codes.length === 4);
    expect(new Set(codes)).toEqual(new Set(['ALREADY_SETTLED']));
  });

  it('returns unfinished records when it is stopped, without counting an attempt, and tells the handlers', async () => {
    const { send, consume, connection, name } = open();
    await send('unfinished', 'not begun');
    const begun = gate();
    let refused: Promise<unknown> | undefined;
    const first = consume(async (leased) => {
      begun.open();
      await new Promise((resolve) => leased.signal.addEventListener('abort', resolve));
      refused = leased.ack();
      await refused;
    });
    const returned: string[] = [];
    first.on('returned', ({ deliveries }) => {
      returned.push(...deliveries.map(({ body }) => body));
    });
    await begun.opened;

    await first.stop({ timeoutMs: 1 });
    expect(returned).toEqual(['unfinished']);
    await expect(refused).rejects.toMatchObject({ code: 'RETURNED' });
    const seen: string[] = [];
    openLeased(name, connection).consume(
      ({ body, attempt }) => void seen.push(`${body} ${attempt}`),
    );
    await eventually(() => seen.length === 2);
    expect(seen).toEqual(['unfinished 1', 'not begun 1']);
  });

  it('does not wait for a handler that awaits its stop', async () => {
    const { send, consume } = open();
    await send('a');
    const stopped = gate();
    const consumer = consume(() => consumer.stop().then(stopped.open));

    await stopped.opened;
  });

  it('continues after its lease was lost, and does not count settlements under it', async () => {
    const { send, consume, connection, leases } = open();
    await send('a');
    const begun = gate();
    const ended = gate();
    const codes: unknown[] = [];
    const attempts: number[] = [];
    const handler = async (leased: Leased) => {
      attempts.push(leased.attempt);
      if (attempts.length > 1) return;
      begun.open();
      await ended.opened;
      await leased.ack().catch((error) => void codes.push(error.code));
    };
    const consumer = consume(handler, { leaseMs: 300 });
    const lost: string[] = [];
    consumer.on('lost', ({ deliveries }) => void lost.push(...deliveries.map(({ body }) => body)));
    await begun.opened;

    await connection.call('DEL', [leases]);
    await eventually(() => lost.length > 0);
    ended.open();
    await eventually(() => attempts.length === 2 && codes.length === 1);

    expect([lost, codes]).toEqual([['a'], ['LEASE_LOST']]);
  });

  it('has the records of a dead consumer handled one by one, because each may have killed it', async () => {
    const { send, name } = open();
    await send('a', 'b', 'c');
    const doomed = openConnection();
    const held = new Set<string>();
    const never = ({ body }: Leased) => {
      held.add(body);
      return new Promise(() => {});
    };
    openLeased(name, doomed).consume(never, { concurrency: 3, leaseMs: 300 });
    await eventually(() => held.size === 3);
    // Without a word: nothing is returned.
    await doomed.close();

    let running = 0;
    let most = 0;
    const seen: string[] = [];
    const handler = async ({ body, attempt }: Leased) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      seen.push(`${body} ${attempt}`);
    };
    openLeased(name, openConnection()).consume(handler, { concurrency: 3, leaseMs: 300 });
    await eventually(() => seen.length === 3);

    expect([most, seen.sort()]).toEqual([1, ['a 2', 'b 2', 'c 2']]);
  });

  it('handles each message once though an answer that brought some was lost', async () => {
    let isLost = false;
    const name = `test:${randomUUID()}`;
    const { scripts, send } = open(openConnection(), name);
    const loseOne: Interposition = async (script, run) => {
      const answer = await run();
      if (script !== scripts.get || isLost) return answer;
      isLost = true;
      throw new TimeoutError('Redis did not answer in time', { outcome: 'unknown' });
    };
    const bodies = Array.from({ length: 50 }, (_each, at) => String(at));
    await send(...bodies);
    const seen: string[] = [];
    const consumer = openLeased(name, interposed(openConnection(), loseOne)).consume(
      ({ body, attempt }) => void seen.push(`${body} ${attempt}`),
      { concurrency: 10 },
    );
    consumer.on('error', () => {
      // It tells of the answer.
    });
    await eventually(() => seen.length >= bodies.length);
    await consumer.stop();

    expect(isLost).toBe(true);
    expect(seen.sort()).toEqual(bodies.map((body) => `${body} 1`).sort());
  });

  it('is worked off by a Redis that is out of memory', async () => {
    const own = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] });
    onTestFinished(() => own.stop());
    const { send, consume, dead, connection } = open(openConnection(own.url));
    await send('acked', 'retried', 'rejected');
    await connection.call('CONFIG', ['SET', 'maxmemory', '1']);
    const seen: string[] = [];
    const errors: Error[] = [];
    const handler = async (leased: Leased) => {
      seen.push(`${leased.body} ${leased.attempt}`);
      if (leased.body === 'retried' && leased.attempt === 1) await leased.retry({ delayMs: 300 });
      if (leased.body === 'rejected') await leased.deadLetter('no');
    };
    const consumer = consume(handler, { leaseMs: 300 });
    consumer.on('error', (error) => void errors.push(error));
    await eventually(() => seen.length === 4);
    await consumer.stop();

    expect(seen).toEqual(['acked 1', 'retried 1', 'rejected 1', 'retried 2']);
    expect(await dead()).toMatchObject([{ body: 'rejected', reason: 'no' }]);
    expect(errors.filter(({ message }) => !message.includes('out of memory'))).toEqual([]);
  });

  it('stops when its connection is closed', async () => {
    const { consume, connection } = open();
    const stopped = gate();
    consume(() => {}).on('stopped', stopped.open);

    await connection.close();
    await stopped.opened;
  });
});
