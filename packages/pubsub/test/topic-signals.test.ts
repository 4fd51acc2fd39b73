import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from './support/interposed.js';
import { deferred, openTopic, uniqueName, useTopics } from './support/topics.js';

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
