import { it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();
const hourMs = 3_600_000;

it('the share of a member of a queue group that does not answer is recovered, though the clock of the server was set back', async () => {
  const channel = uniqueName();
  const connection = redis.admin;
  const group = `{${channel}}:group:g`;
  // Its socket is open, so only the end of its lease tells that it is gone.
  await connection.subscribe({ kind: 'channel', name: `${group}:dead` }, { message() {} });
  await connection.call('ZADD', [group, Date.now() + hourMs, 'dead']);

  const pubsub = redis.pubsub<number>();
  await pubsub.subscribe(channel, { group: 'g', onMessage() {} });

  await eventually(async () => Number(await connection.call('ZCARD', [group])) === 1);
  await pubsub.close();
});
