import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { moveAtOnce } from '../../../tooling/migrate-twice.js';
import { needValkey9, startsValkey9 } from '../../../tooling/redis-version.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

const start = () =>
  startTestCluster({
    startRedis: ({ args }) => startRedis({ args: [...args, '--cluster-databases', '16'] }),
    connect,
  });
let cluster: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  if (startsValkey9()) cluster = await start();
});
beforeEach(({ skip }) => {
  needValkey9(skip);
});
afterAll(() => cluster?.stop());

/** Runs for some milliseconds between its two writes. */
const slowly = defineScript({
  name: 'slowly',
  keys: { first: ({ key }: { key: string; n: number }) => key, second: ({ key }) => `{${key}}:2` },
  args: { n: ({ n }) => n },
  lua: `
redis.call('RPUSH', first, n)
local x = 0
for i = 1, 100000 do x = x + i end
return redis.call('RPUSH', second, n)`,
  parse: Number,
});

it.each([0, 5])(
  'scripts that run while their slot moves in one piece have both of their effects, once, in database %i',
  async (database) => {
    const connection = openConnection(cluster.addresses.map((at) => `redis://${at}/${database}`));
    const key = uniqueKey();

    let [count, isOver] = [0, false];
    const moving = moveAtOnce(cluster, key, { times: 6, between: () => pause(50) });
    const over = moving.finally(() => {
      isOver = true;
    });
    const run = async () => {
      while (!isOver) {
        count += 1;
        await connection.run(slowly, { key, n: count - 1 });
      }
    };
    // A server that executes scripts without a pause is taken for dead by the others.
    await Promise.all([over, run(), run(), run()]);

    for (const list of [key, `{${key}}:2`]) {
      const elements = (await connection.call('LRANGE', [list, 0, -1])) as Buffer[];
      expect(elements.map(Number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, n) => n),
      );
    }
  },
);

it('a read that is blocked while its slot moves in one piece ends at the new node with what comes there', async () => {
  const connection = openConnection(cluster.addresses);
  const other = openConnection(cluster.addresses);
  const key = uniqueKey();
  let waiting: Promise<unknown> | undefined;

  let sent = 0;
  await moveAtOnce(cluster, key, {
    times: 4,
    between: async () => {
      if (waiting) {
        sent += 1;
        await other.call('RPUSH', [key, sent]);
        expect(String(await waiting)).toBe(`${key},${sent}`);
      }
      waiting = connection.block((ms) => ['BLPOP', key, ms / 1000]);
      await connection.ping();
    },
  });
  await other.call('RPUSH', [key, 'last']);

  expect(String(await waiting)).toBe(`${key},last`);
  expect(sent).toBe(3);
});
