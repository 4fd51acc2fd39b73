import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { TakeResult } from '../src/scripts/take.js';
import { openTopic, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();

it('a suspect whose lease may have run out before it was read is asked for again', async () => {
  const leaseMs = 300;
  const attempts: [body: number, attempt: number][] = [];
  let isBlocked = false;
  const connection = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    if (script !== 'take' || isBlocked) return answer;
    isBlocked = (answer as TakeResult & { status: 'held' }).records.some(
      ({ isSuspect }) => isSuspect,
    );
    const until = performance.now() + (isBlocked ? leaseMs : 0);
    while (performance.now() < until);
    return answer;
  });
  const topic = openTopic<number>(uniqueName(), { connection, partitions: 1 });
  const { name } = topic;
  await topic.publish(1);
  await topic.publish(2);
  await connection.call('XGROUP', ['CREATE', name, 'g', '0']);
  await connection.call('XREADGROUP', ['GROUP', 'g', 'dead', 'STREAMS', name, '>']);
  await connection.call('ZADD', [`{${name}}:consumers:g`, 1, 'dead']);
  topic.group('g').consume(({ body, attempt }) => void attempts.push([body, attempt]), { leaseMs });
  await eventually(() => attempts.length === 2);

  expect(isBlocked).toBe(true);
  expect(attempts).toEqual([
    [1, 2],
    [2, 2],
  ]);
});
