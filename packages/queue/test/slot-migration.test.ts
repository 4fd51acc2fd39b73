import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { moveAtOnce } from '../../../tooling/migrate-twice.js';
import { inOrder, publishUntil } from '../../../tooling/publish-until.js';
import { needValkey9, startsValkey9 } from '../../../tooling/redis-version.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { Queue } from '../src/index.js';
import { uniqueName } from './support/use-redis.js';

const start = () => startTestCluster({ startRedis, connect });
let cluster: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  if (startsValkey9()) cluster = await start();
});
beforeEach(({ skip }) => {
  needValkey9(skip);
});
afterAll(() => cluster?.stop());

function open(name: string): Queue<number> {
  const connection = connect(cluster.addresses);
  const queue = new Queue<number>(name, { connection });
  onTestFinished(async () => {
    await queue.close();
    await connection.close();
  });
  return queue;
}

it('messages of a queue whose slot moves in one piece, again and again, are handled once each', async () => {
  const queue = open(uniqueName());
  const handled: number[] = [];
  const consumer = open(queue.name).consume(({ body }) => void handled.push(body), {
    concurrency: 20,
  });
  onTestFinished(() => consumer.stop());

  const moving = moveAtOnce(cluster, queue.name, {
    times: 8,
    // Each of them while messages come and go.
    between: async () => {
      const before = handled.length;
      await eventually(() => handled.length > before + 50);
    },
  });
  const count = await publishUntil(moving, (n) => queue.send(n));

  await eventually(() => handled.length >= count);
  await consumer.stop();
  expect(handled.sort((a, b) => a - b)).toEqual(inOrder(count));
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, dead: 0 });
});

it('a consumer that waits while the slot of its queue moves gets the next message', async () => {
  const queue = open(uniqueName());
  const handled: number[] = [];
  const consumer = open(queue.name).consume(({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());

  let sent = 0;
  await moveAtOnce(cluster, queue.name, {
    times: 6,
    between: async (owner) => {
      await eventually(async () =>
        /flags=\S*b.*cmd=blmove/.test(String(await owner.call('CLIENT', ['LIST']))),
      );
      await queue.send(sent);
      sent += 1;
      await eventually(() => handled.length === sent, 1000);
    },
  });

  expect(handled).toEqual(inOrder(sent));
});
