import type { Connection } from '@redpost/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { expectCleanPrototypes } from '../../../tooling/hostile.js';
import { type QueueKeys, queueKeys } from '../src/keys.js';
import { asBare, decodeEnvelope, type Envelope } from '../src/message/envelope.js';
import { deadLetter } from '../src/scripts/dead-letter.js';
import { leave } from '../src/scripts/leave.js';
import { recover } from '../src/scripts/recover.js';
import { redrive } from '../src/scripts/redrive.js';
import { release } from '../src/scripts/release.js';
import { retry } from '../src/scripts/retry.js';
import { hostileElement } from './support/hostile-elements.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
afterEach(expectCleanPrototypes);

/** What scripts take off and write anew, at a place where a second one then takes the first one's. */
const writtenTwice = /^.1\{("attempt":\d+,)?("suspect":1,)?"(attempt|suspect)":/;

/** Elements that cannot be, and what a test does with them. Its seed is told when it fails. */
function forAny(runs: number, test: (elements: Buffer[]) => Promise<void>): Promise<void> {
  const once = hostileElement.filter((element) => !writtenTwice.test(element.toString('latin1')));
  const elements = fc.array(once, { minLength: 60, maxLength: 60 });
  // To find a smaller example would take longer than to read the one that was found.
  return fc.assert(fc.asyncProperty(elements, test), { numRuns: runs, endOnFailure: true });
}

const push = (queue: TestQueue<unknown>, elements: readonly (Buffer | string)[]) =>
  queue.connection.call('LPUSH', [queue.name, ...elements]);

/** As a client reads it: what cannot be read is all body. */
function read(element: Buffer): Envelope {
  try {
    return decodeEnvelope(element, '');
  } catch {
    return asBare(element, '');
  }
}

const bodies = (elements: readonly Buffer[]) =>
  elements.map((element) => read(element).body.toString('latin1')).sort();

async function deadElements(queue: TestQueue<unknown>): Promise<Buffer[]> {
  const reply = await queue.connection.call('XRANGE', [`{${queue.name}}:dead`, '-', '+']);
  return (reply as [Buffer, Buffer[]][]).map(([, fields]) => fields[5] as Buffer);
}

describe('any element that another client pushes', () => {
  it('becomes a delivery or a dead letter with its bytes, and the other messages are handled', async () => {
    await forAny(40, async (hostile) => {
      const queue = redis.queue();
      const mixed = hostile.flatMap((element, good) => [element, JSON.stringify({ good })]);
      await push(queue, mixed);

      const good: number[] = [];
      let handled = 0;
      const errors: Error[] = [];
      const consumer = queue.consume(
        (delivery) => {
          const { id, headers, attempt, sentAt, body } = delivery;
          expect([typeof id, typeof headers, typeof attempt]).toEqual([
            'string',
            'object',
            'number',
          ]);
          if (sentAt) expect(sentAt).toBeInstanceOf(Date);
          const [, number] = /^\{"good":(\d+)\}$/.exec(JSON.stringify(body)) ?? [];
          if (number) good.push(Number(number));
          handled += 1;
        },
        { concurrency: 7, backoff: () => 0 },
      );
      consumer.on('error', (error) => errors.push(error));

      const stats = await eventually(async () => {
        const { total, dead } = await queue.stats();
        return total.acked + total.expired + dead === mixed.length ? { total, dead } : undefined;
      });
      await consumer.stop();
      expect(errors).toEqual([]);
      expect(handled).toBe(stats.total.acked);
      expect(good.sort((a, b) => a - b)).toEqual([...hostile.keys()]);
      const sent = new Set(bodies(hostile));
      for (const body of bodies(await deadElements(queue))) expect(sent).toContain(body);
      for (const letter of await queue.deadLetters.list()) {
        expect(['malformed', 'failed']).toContain(letter.reason);
      }
    });
  });

  it('is handed out by receive, or becomes a dead letter', async () => {
    await forAny(10, async (hostile) => {
      const queue = redis.queue();
      await push(queue, hostile);

      let received = 0;
      for (;;) {
        const delivery = await queue.receive({ timeoutMs: 0 });
        if (!delivery) break;
        expect(typeof delivery.id).toBe('string');
        received += 1;
        await delivery.ack();
      }

      const { pending, active, dead, total } = await queue.stats();
      expect({ pending, active }).toEqual({ pending: 0, active: 0 });
      expect(received + total.expired + dead).toBe(hostile.length);
    });
  });

  it('can be looked at, and sent again from the dead letters', async () => {
    await forAny(10, async (hostile) => {
      const queue = redis.queue();
      await push(queue, hostile);
      const before = bodies(hostile);
      expect((await queue.peek(100)).map(({ bytes }) => bytes.toString('latin1')).sort()).toEqual(
        before,
      );

      const consumer = queue.consume(
        () => {
          throw new Error('not today');
        },
        { maxAttempts: 2, backoff: () => 0, concurrency: 9 },
      );
      const { total } = await eventually(async () => {
        const stats = await queue.stats();
        return stats.total.expired + stats.dead === hostile.length ? stats : undefined;
      });
      await consumer.stop();

      const listed = await queue.deadLetters.list();
      expect(listed).toHaveLength(hostile.length - total.expired);
      expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: listed.length });
      const again = await queue.peek(100);
      expect(again.every(({ attempt }) => attempt === 0)).toBe(true);
      const expected = [...before, ...bodies(hostile.map(unexpired))];
      for (const { bytes } of again) expect(expected).toContain(bytes.toString('latin1'));
    });
  });
});

describe('scripts and clients agree about any element:', () => {
  /** What a consumer holds is returned by a script; `change` says how it is to be read. */
  async function expectAfter(
    hostile: readonly Buffer[],
    script: (held: Held) => Promise<unknown>,
    change: Partial<Envelope> | ((before: Envelope, element: Buffer) => Partial<Envelope>),
  ): Promise<void> {
    const { connection, name } = redis.queue();
    const keys = queueKeys(name);
    const receipts = hostile.map((_, at) => at + 1);
    const held = hostile.flatMap((element, at) => [at + 1, element]);
    await connection.call('ZADD', [keys.consumers, 1, consumer]);
    await connection.call('HSET', [keys.active(consumer), ...held]);

    await script({ connection, keys, receipts });

    const lists = [keys.suspects, keys.returned].map(
      (key) => connection.call('LRANGE', [key, 0, -1]) as Promise<Buffer[]>,
    );
    const found = (await Promise.all(lists)).flat().map(read);
    const expected = hostile.map((element) => {
      const before = read(element);
      return { ...before, ...(typeof change === 'function' ? change(before, element) : change) };
    });
    expect(comparable(found)).toEqual(comparable(expected));
  }

  it('an element that is retried has one attempt more, and is not a suspect', async () => {
    const script = ({ connection, keys, receipts }: Held) => {
      const deliveries = receipts.map((receipt) => ({ receipt, delayMs: 0 }));
      return connection.run(retry, { keys, consumer, deliveries });
    };
    await forAny(40, (hostile) =>
      expectAfter(hostile, script, (before) => ({ ...onceMore(before), isSuspect: false })),
    );
  });

  it('an element that is released, or returned by leave, is unchanged', async () => {
    const input = { consumer, mayBeBlocked: false } as const;
    await forAny(40, async (hostile) => {
      await expectAfter(
        hostile,
        ({ connection, ...held }) =>
          connection.run(release, { ...input, ...held, wereStarted: true }),
        {},
      );
      await expectAfter(
        hostile,
        ({ connection, keys }) => connection.run(leave, { ...input, keys }),
        {},
      );
    });
  });

  it('an element whose consumer died is a suspect, with one attempt more', async () => {
    const script = ({ connection, keys }: Held) =>
      connection.run(recover, { keys, overdue: consumer, maxAttempts: Number.MAX_SAFE_INTEGER });
    await forAny(40, (hostile) => expectAfter(hostile, script, onceMore));
  });

  it('an element that is dead-lettered and redriven is a new message', async () => {
    const script = async ({ connection, keys, receipts }: Held) => {
      const why = { reason: 'element', error: 'reason' };
      const deliveries = receipts.map((receipt) => ({ receipt, ...why }));
      await connection.run(deadLetter, { keys, consumer, deliveries });
      await connection.run(redrive, { keys, ranges: [{ from: '-', to: '+' }], limit: 1000 });
    };
    const asNew = { deliveries: 0, isSuspect: false };
    await forAny(40, (hostile) =>
      expectAfter(hostile, script, (_, element) => ({ ...read(unexpired(element)), ...asNew })),
    );
  });

  const onceMore = ({ deliveries }: Envelope) => ({
    deliveries: Math.min(deliveries + 1, 999_999_999),
  });
});

interface Held {
  connection: Connection;
  keys: QueueKeys;
  receipts: number[];
}

const consumer = 'c';

/** What a redrive makes of an element: without an expiry that has passed, where a producer has begun the header. */
function unexpired(element: Buffer): Buffer {
  const beginning =
    /^(.1\{(?:"attempt":[1-9]\d{0,8},)?(?:"suspect":1,)?)"expires":(\d+),(?="[pkoi])/.exec(
      element.toString('latin1'),
    );
  // What does not begin like an envelope is all body.
  if (!beginning || element[0] !== 1 || Number(beginning[2]) > Date.now()) return element;
  const [expiring, written = ''] = beginning;
  return Buffer.concat([element.subarray(0, written.length), element.subarray(expiring.length)]);
}

/** In an order that does not depend on the list's; a suspect that cannot be read is all body. */
function comparable(envelopes: readonly Envelope[]): string[] {
  return envelopes
    .map(({ headers, sentAt, deliveries, expiresAt, body }) =>
      JSON.stringify([body.toString('latin1'), deliveries, sentAt, expiresAt, headers]),
    )
    .sort();
}

it('a message of a megabyte of header, or nested a hundred thousand times, holds nothing up', async () => {
  const queue = redis.queue();
  const depth = 100_000;
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  await push(queue, [
    `\x011{"id":"large","headers":{"a":"${'x'.repeat(1_000_000)}"}}\n1`,
    `\x011{"id":"long","ts":${'9'.repeat(1_000_000)}}\n1`,
    `\x011{"id":"deep","x":${deep}}\n1`,
    `\x011{"id":"deep body"}\n${deep}`,
    `\x011{"attempt":${'9'.repeat(1_000_000)},"id":"much"}\n1`,
    `\x011{${'"suspect":1,'.repeat(100_000)}"id":"suspects"}\n1`,
    '"good"',
  ]);
  const seen: unknown[] = [];
  const consumer = queue.consume(
    ({ id, body }) => {
      seen.push(body === 'good' ? body : id);
      if (body !== 'good') throw new Error('again');
    },
    { maxAttempts: 3, backoff: () => 1 },
  );

  await eventually(async () => (await queue.stats()).dead === 6);
  await consumer.stop();

  expect(seen.filter((what) => what === 'good')).toHaveLength(1);
  expect(seen.filter((what) => what === 'much')).toHaveLength(3);
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 0, active: 0, dead: 6 });
});
