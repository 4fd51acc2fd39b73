import { fileURLToPath } from 'node:url';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { Queue } from '@redpost/queue';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { ForeignProcess } from './foreign-process.js';

/** Short, so that what a killed consumer held comes back soon. */
const leaseMs = 2000;
const scripts = fileURLToPath(
  new URL('.', import.meta.resolve('@redpost/queue/scripts/scripts.json')),
);

/** The programs of docs/other-languages.md in one language. */
export interface Language {
  /** What runs a program. */
  interpreter: string;
  producer: string;
  consumer: string;
}

interface Sent {
  id: string;
  body: unknown;
  key?: string;
  priority?: number;
  delay_ms?: number;
  ttl_ms?: number;
  headers?: Record<string, string>;
}

/** Messages of all kinds, some of which fail. */
function messages(count: number): Sent[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `m${n}`;
    if (n % 50 === 7) return { id, body: 'fails', key: 'ä "quoted"' };
    if (n % 10 === 3) return { id, body: 'fails once', priority: n % 7 };
    if (n % 5 === 1) return { id, body: { n }, key: `k${n % 3}`, ttl_ms: 3_600_000 };
    if (n % 5 === 2) return { id, body: { n }, delay_ms: 200, headers: { h: 'ü' } };
    return { id, body: { n } };
  });
}

/** What the programs of a language do beside those of TypeScript, while any of them is killed. */
export function describeLanguage({ interpreter, producer, consumer }: Language): void {
  let redis: EmbeddedRedis;
  let connection: Connection;

  beforeAll(async () => {
    redis = await startRedis();
    connection = connect(redis.url);
  });

  afterAll(async () => {
    await connection?.close();
    await redis?.stop();
  });

  const start = (program: string, queue: string, input?: string) =>
    new ForeignProcess(
      interpreter,
      [program, queue],
      { REDIS_URL: redis.url, REDPOST_SCRIPTS: scripts, LEASE_MS: String(leaseMs) },
      input,
    );

  it('consumers that are killed lose nothing, beside one in TypeScript', async () => {
    const queue = new Queue<unknown>('consumed', { connection });
    const all = messages(600);
    const handled = new Map<string, number>();
    const note = (id: string) => handled.set(id, (handled.get(id) ?? 0) + 1);
    const consumers: ForeignProcess[] = [];
    const own = queue.consume(
      ({ id, body, attempt }) => {
        if (body === 'fails' || (body === 'fails once' && attempt === 1)) throw new Error('no');
        note(id);
      },
      { leaseMs, backoff: () => 100, onFailure: 'hold', concurrency: 2 },
    );
    own.on('failed', () => {});
    await queue.sendBatch(
      all.map(({ delay_ms, ttl_ms, ...sent }) => {
        return { ...sent, delayMs: delay_ms, ttlMs: ttl_ms };
      }),
    );
    for (let n = 0; n < 3; n += 1) consumers.push(start(consumer, queue.name));
    let kills = 0;
    for (const killed of [...consumers]) {
      await eventually(() => killed.output.includes('\n'), 60_000);
      await killed.kill();
      kills += 1;
      // Others go on with what is left, and with what this one held.
      await queue.sendBatch([{ body: { after: kills }, id: `after-${kills}` }]);
      consumers.push(start(consumer, queue.name));
    }
    const dead = all.filter(({ body }) => body === 'fails').length;
    await eventually(async () => {
      const { pending, active, delayed, dead: letters } = await queue.stats();
      return pending + active + delayed === 0 && letters >= dead;
    }, 120_000);
    await own.stop();
    for (const each of consumers) await each.kill();

    for (const { output } of consumers) {
      for (const [, id = ''] of output.matchAll(/^\["([^"]+)",/gm)) note(id);
    }
    const expected = all.filter(({ body }) => body !== 'fails').map(({ id }) => id);
    for (const id of ['after-1', 'after-2', 'after-3']) expected.push(id);
    expect([...handled.keys()].sort()).toEqual(expected.sort());
    const letters = await queue.deadLetters.list({ limit: 1000 });
    expect(letters.map(({ id }) => id).sort()).toEqual(
      all.flatMap(({ id, body }) => (body === 'fails' ? [id] : [])).sort(),
    );
    // Only what a killed one held, at most ten messages each, may have been handled twice.
    const twice = [...handled.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(twice).toBeLessThanOrEqual(10 * kills);
    // Each of them did its part.
    for (const { output } of consumers.slice(0, 3)) expect(output).toMatch(/^\["/m);
    await queue.close();
  });

  it('what a producer has confirmed is handled, though it is killed', async () => {
    const queue = new Queue<unknown>('produced', { connection });
    const handled: string[] = [];
    const own = queue.consume(({ id }) => void handled.push(id), { leaseMs });
    const confirmed: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const lines = messages(3000).map((sent) => {
        return JSON.stringify({ ...sent, id: `${round}-${sent.id}` });
      });
      const killed = start(producer, queue.name, `${lines.join('\n')}\n`);
      await eventually(() => killed.output.split('\n').length > 50, 60_000);
      await killed.kill();
      const ids = killed.output.split('\n').slice(0, -1);
      expect(ids.length).toBeLessThan(3000);
      confirmed.push(...ids);
    }
    await eventually(async () => {
      const { pending, active, delayed } = await queue.stats();
      return pending + active + delayed === 0;
    }, 60_000);
    await own.stop();

    expect(confirmed.filter((id) => !handled.includes(id))).toEqual([]);
    // One that was killed between the send and its print has sent one more.
    expect(new Set(handled).size).toBe(handled.length);
    expect(handled.length - confirmed.length).toBeLessThanOrEqual(3);
    expect((await queue.stats()).dead).toBe(0);
    await queue.close();
  });

  it('a paused queue is consumed when it is resumed, and a consumer that ends by itself leaves nothing', async () => {
    const queue = new Queue<unknown>('paused', { connection });
    const one = start(consumer, queue.name);
    await eventually(async () => (await queue.stats()).consumers === 1, 60_000);
    await queue.pause();
    await queue.send({ n: 1 });
    expect((await queue.stats()).pending).toBe(1);
    await queue.resume();
    await eventually(
      () => one.output.includes('{"n": 1}') || one.output.includes('{"n":1}'),
      60_000,
    );
    one.signal('SIGTERM');
    await one.done();
    expect(await queue.stats()).toMatchObject({ consumers: 0, active: 0, pending: 0 });
    await queue.close();
  });
}
