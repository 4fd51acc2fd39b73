import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { deferred, isWaiting, openTopic, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();

it('a record that is to come again is taken at once, though its signal overtakes an answer that knows of none', async () => {
  const [asked, failing, answers] = [deferred(), deferred(), deferred()];
  let takes = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script === 'retry') await asked.promise;
    const answer = await run();
    if (script === 'take') takes += 1;
    if (script === 'take' && takes === 2) asked.resolve();
    if (script === 'retry' || (script === 'take' && takes === 2)) await answers.promise;
    return answer;
  });
  const topic = openTopic<number>(uniqueName(), { connection });
  await topic.publish(1);
  const attempts: number[] = [];
  topic.group('g', { from: 'beginning' }).consume(
    async ({ attempt }) => {
      attempts.push(attempt);
      if (attempt > 1) return;
      await failing.promise;
      throw new Error('not yet');
    },
    // Its beats make up for signals: they are too slow for this test.
    { backoff: () => 0, leaseMs: 60_000 },
  );
  await eventually(() => attempts.length === 1);

  // The group's own listener is told first.
  let heard = 0;
  const signal = `{${topic.name}}:signal:g`;
  const count = () => {
    heard += 1;
  };
  await connection.subscribe({ kind: 'channel', name: signal }, { message: count });
  await connection.call('PUBLISH', [signal, 'waiting']);
  await eventually(() => heard === 1);
  // It looks around with its second call, and Redis answers before it knows of the retry.
  failing.resolve();
  await eventually(() => heard === 2);
  answers.resolve();

  await eventually(() => attempts.length === 2);
  expect(attempts).toEqual([1, 2]);
});

it('a record that comes while acknowledgements follow one another is taken meanwhile', async () => {
  const gates = Array.from({ length: 30 }, () => deferred());
  let isFlowing = false;
  let opened = 0;
  const other = redis.topic<number | 'spark' | 'late'>();
  const connection = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    if (script === 'take' && isFlowing) {
      if (opened === 5) await other.publish('late');
      // When it arrives, there is something to acknowledge again.
      gates[opened]?.resolve();
      opened += 1;
      await new Promise(setImmediate);
    }
    return answer;
  });
  const topic = openTopic<number | 'spark' | 'late'>(other.name, { connection });
  let [begun, ended] = [0, 0];
  let endedBefore: number | undefined;
  topic.group('g', { from: 'beginning' }).consume(
    async ({ body }) => {
      begun += 1;
      if (body === 'late') endedBefore = ended;
      if (typeof body === 'string') return;
      await gates[body]?.promise;
      ended += 1;
    },
    { concurrency: 40, leaseMs: 60_000 },
  );
  await Promise.all(gates.map((_, n) => other.publish(n)));
  await eventually(async () => begun === gates.length && (await isWaiting(connection)));

  isFlowing = true;
  await other.publish('spark');
  await eventually(() => endedBefore !== undefined);

  expect(endedBefore).toBeLessThan(20);
  for (const { resolve } of gates) resolve();
});
