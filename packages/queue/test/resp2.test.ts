import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { oldProtocols } from '../../../tooling/old-protocols.js';
import { List, Queue } from '../src/index.js';
import { openConnection, uniqueName, useRedis } from './support/use-redis.js';

describe.each(oldProtocols)('with %s', (_, { args, query }) => {
  const redis = useRedis({ args });
  const connection = () => openConnection(redis.url + query);

  it('a queue sends, hands out, retries, delays and keeps dead letters', async () => {
    const queue = new Queue<string>(uniqueName(), { connection: connection() });
    onTestFinished(() => queue.close());
    const handled: string[] = [];
    const consumer = queue.consume(
      ({ body, attempt }) => {
        handled.push(`${body} ${attempt}`);
        if (body === 'bad') throw new Error('no');
      },
      { maxAttempts: 2, backoff: () => 1 },
    );
    const errors: unknown[] = [];
    consumer.on('error', (error) => errors.push(error));

    await queue.send('one');
    await eventually(() => handled.length === 1);
    await Promise.all([queue.send('bad'), queue.send('later', { delayMs: 20 }), queue.send('two')]);
    await eventually(async () => (await queue.deadLetters.count()) === 1 && handled.length === 5);

    expect(handled.sort()).toEqual(['bad 1', 'bad 2', 'later 1', 'one 1', 'two 1']);
    expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, delayed: 0, dead: 1 });
    expect(await queue.deadLetters.list()).toMatchObject([{ body: 'bad', reason: 'failed' }]);
    await consumer.stop();
    await queue.send('three');
    expect((await queue.receive({ timeoutMs: 30_000 }))?.body).toBe('three');
    expect(errors).toEqual([]);
  });

  it('a list pushes, pops and moves', async () => {
    const list = new List<string>(uniqueName(), { connection: connection() });
    const waiting = list.blpop({ timeoutMs: 30_000 });
    await list.rpush('a', 'b');

    expect(await waiting).toBe('a');
    expect(await list.lrange(0, -1)).toEqual(['b']);
  });
});
