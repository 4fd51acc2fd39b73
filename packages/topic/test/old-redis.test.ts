import { type Connection, ServerError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { TrimmedGap } from '../src/index.js';
import { isWaiting, openTopic, take, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

/** A connection to a server that tells no more than Redis 6.2 does. */
function asRedis62(connection: Connection): Connection {
  const run: Connection['run'] = (script, input, options) => {
    const asks = "redis.call('XINFO', 'STREAM', stream)";
    if (!script.lua.includes(asks)) return connection.run(script, input, options);
    // The script itself has to bear what is missing.
    const lua = script.lua
      .replace("info['entries-added']", 'nil')
      .replace("info['max-deleted-entry-id']", 'nil')
      .replace('elseif progress.lag', 'elseif nil');
    const { keys, args } = script.encode(input);
    return connection
      .call('EVAL', [lua, keys.length, ...keys, ...args])
      .then((reply) => script.parse(reply));
  };
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'run') return run;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

it('the lag of a group is counted where the server does not tell', async () => {
  const topic = openTopic<number>(uniqueName(), { connection: asRedis62(redis.connection()) });
  await Promise.all(numbers(2500).map((n) => topic.publish(n)));
  const group = topic.group('g');
  expect(await group.lag()).toBe(2500);
  await group.seek('beginning');
  expect(await group.lag()).toBe(2500);
  let seen = 0;
  const consumer = group.consume(() => {
    seen += 1;
  });
  await eventually(() => seen === 2500);
  await consumer.stop();
  expect(await group.lag()).toBe(0);
});

it('a reader is told that records are missing, though not how many', async () => {
  const topic = openTopic<number>(uniqueName(), { connection: asRedis62(redis.connection()) });
  await Promise.all(numbers(10).map((n) => topic.publish(n)));
  const gaps: TrimmedGap[] = [];
  const reader = topic.read({ from: 'beginning', onTrimmed: (gap) => gaps.push(gap) });
  const read = await take(reader, 10);
  await eventually(() => isWaiting(topic.connection));
  await topic.connection.call('MULTI', []);
  for (const n of numbers(20, 10))
    await topic.connection.call('XADD', [topic.name, '*', 'body', n]);
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 5]);
  await topic.connection.call('EXEC', []);
  // What wakes the reader is the oldest record that is left: without counting, nothing is missing.
  expect((await take(reader, 5)).map(({ body }) => body)).toEqual(numbers(5, 25));
  expect(gaps).toEqual([]);

  const from = read[3]?.offset as string;
  const late = topic.read({ from, onTrimmed: (gap) => gaps.push(gap) });
  expect((await take(late, 5)).map(({ body }) => body)).toEqual(numbers(5, 25));
  expect(gaps).toMatchObject([{ after: from, missed: undefined }]);
});

it('a reader that has read all is not alarmed when that is trimmed', async () => {
  const topic = openTopic<number>(uniqueName(), { connection: asRedis62(redis.connection()) });
  await Promise.all(numbers(10).map((n) => topic.publish(n)));
  const reader = topic.read({ from: 'beginning' });
  await take(reader, 10);
  await eventually(() => isWaiting(topic.connection));
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 0]);
  await topic.publish(10);

  expect((await take(reader, 1))[0]?.body).toBe(10);
});

it('a group that is missing in Redis is created again, also with other error messages', async () => {
  const connection = interposed(redis.connection(), (_, run) =>
    run().catch((error) => {
      if (!(error instanceof ServerError)) throw error;
      const message = `ERR Error running script (call to f_0): @user_script:43: ${error.message}`;
      throw new ServerError(message, { reply: 'ERR', outcome: 'unknown' });
    }),
  );
  const topic = openTopic<number>(uniqueName(), { connection });
  await topic.publish(1);
  const seen: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void seen.push(body));
  consumer.on('error', () => {});
  await eventually(() => seen.length === 1);
  await topic.connection.call('XGROUP', ['DESTROY', topic.name, 'g']);
  await topic.publish(2);

  await eventually(() => seen.length === 3);
  expect(seen).toEqual([1, 1, 2]);
});
