import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { expectCleanPrototypes, hostileBytes, hostileText } from '../../../tooling/hostile.js';
import { deferred, expireLeases, sessionsOf, useTopics } from './support/topics.js';

const redis = useTopics();
afterEach(expectCleanPrototypes);

const noBackoff = { backoff: () => 0 };

it('any entry that another client adds to the stream becomes a record or a dead letter, and the other records are handled', async () => {
  const name = fc.oneof(
    fc.constantFrom('body', 'body', 'key', 'headers', 'id', 'group', '__proto__'),
    hostileText,
  );
  const entry = fc.array(fc.tuple(name, hostileBytes), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(
    fc.array(entry, { minLength: 40, maxLength: 40 }),
    async (entries) => {
      const topic = redis.topic<{ good: number }>();
      const group = topic.group('g', { from: 'beginning' });
      for (const [good, fields] of entries.entries()) {
        void topic.connection.call('XADD', [topic.name, '*', ...fields.flat()]);
        void topic.connection.call('XADD', [topic.name, '*', 'body', JSON.stringify({ good })]);
      }

      const good: number[] = [];
      const consumer = group.consume(
        ({ body, key, headers, offset }) => {
          expect([typeof offset, typeof headers]).toEqual(['string', 'object']);
          expect(['string', 'undefined']).toContain(typeof key);
          const [, number] = /^\{"good":(\d+)\}$/.exec(JSON.stringify(body)) ?? [];
          if (number) good.push(Number(number));
        },
        { concurrency: 5, ...noBackoff },
      );
      const errors: Error[] = [];
      consumer.on('error', (error) => errors.push(error));

      await eventually(async () => (await group.lag()) === 0 && good.length === entries.length);
      await consumer.stop();
      expect(errors).toEqual([]);
      const dead = await group.deadLetters.list();
      for (const letter of dead) expect(letter.reason).toBe('malformed');
      const bodies = entries.flat().map(([, value]) => value.toString('latin1'));
      for (const { bytes } of dead) expect(['', ...bodies]).toContain(bytes.toString('latin1'));
    },
  );
  await fc.assert(property, { numRuns: 8, endOnFailure: true });
});

/** More than Lua's stack holds. */
const manyFields = Array.from({ length: 10_000 }, (_, n) => [`field ${n}`, 'x']).flat();

it('a record of ten thousand fields is dead-lettered and redriven with those that count', async () => {
  const topic = redis.topic();
  const group = topic.group('g', { from: 'beginning' });
  const fields = [...manyFields, 'body', '{"a":1}', 'key', 'k', 'headers', '{"h":"v"}', 'id', 'i'];
  await topic.connection.call('XADD', [topic.name, '*', ...fields]);
  let attempts = 0;
  const consumer = group.consume(
    () => {
      attempts += 1;
      if (attempts <= 2) throw new Error('not today');
    },
    { maxAttempts: 2, ...noBackoff },
  );

  const [letter] = await eventually(async () => {
    const letters = await group.deadLetters.list();
    return letters.length > 0 ? letters : undefined;
  });
  expect(letter).toMatchObject({ body: { a: 1 }, key: 'k', headers: { h: 'v' }, id: 'i' });
  expect(await group.deadLetters.redrive()).toBe(1);
  await eventually(() => attempts === 3);
  await consumer.stop();
});

it('a record of ten thousand fields whose consumers die is dead-lettered', async () => {
  const topic = redis.topic();
  const group = topic.group('g', { from: 'beginning' });
  await topic.connection.call('XADD', [topic.name, '*', ...manyFields, 'body', '1']);
  const hanging = deferred();
  for (let life = 1; life <= 2; life += 1) {
    let attempt = 0;
    group.consume(
      (delivery) => {
        attempt = delivery.attempt;
        return hanging.promise;
      },
      { maxAttempts: 2 },
    );
    await eventually(() => attempt === life);
    await expireLeases(topic, 'g', await sessionsOf(topic, 'g'));
  }
  group.consume(() => {}, { maxAttempts: 2 });

  await eventually(async () => (await group.deadLetters.list()).length === 1);
  expect(await group.deadLetters.list()).toMatchObject([{ reason: 'crashed', body: 1 }]);
  hanging.resolve();
});
