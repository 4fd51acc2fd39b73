import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { startPair, untilReplicaIsKnown } from '../../../tooling/replication.js';
import { type Sentinel, startSentinel } from '../../../tooling/sentinel.js';
import { findServer } from '../src/embedded/find-server.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

let master: EmbeddedRedis;
let replica: EmbeddedRedis;
let sentinel: Sentinel;

beforeAll(async () => {
  ({ master, replica } = await startPair({ startRedis, connect }));
  // Only now: a Sentinel looks for replicas every ten seconds, from its start.
  sentinel = await startSentinel(findServer(), master.port);
  await untilReplicaIsKnown({ connect }, sentinel.port, replica.port);
});

afterAll(async () => {
  await sentinel?.stop();
  await Promise.all([master?.stop(), replica?.stop()]);
});

const increment = defineScript({
  name: 'increment',
  lua: `return redis.call('INCR', key)`,
  keys: { key: (key: string) => key },
  parse: Number,
});

const viaSentinel = () =>
  openConnection({ name: 'mymaster', sentinels: [{ host: '127.0.0.1', port: sentinel.port }] });

it('a connection by way of a Sentinel reaches the master on all its sockets', async () => {
  const connection = viaSentinel();
  const key = uniqueKey();
  const recorder = new Recorder();

  expect(await connection.run(increment, key)).toBe(1);
  await connection.subscribe({ kind: 'channel', name: key }, recorder);
  const read = connection.block((ms) => ['BLPOP', `${key}:list`, ms / 1000]);
  await connection.call('RPUSH', [`${key}:list`, 'x']);
  expect(String(await read)).toBe(`${key}:list,x`);
  await connection.call('PUBLISH', [key, 'hello']);
  await eventually(() => recorder.messages.length === 1);
  expect(connection.address).toBe(`mymaster (sentinels 127.0.0.1:${sentinel.port})`);
});

it('a connection that is closed connects again, and no Sentinel is said to be unreachable', async () => {
  const connection = viaSentinel();
  await using admin = connect(master.url);
  let resumed = 0;
  connection.on('resumed', () => {
    resumed += 1;
  });
  await connection.ping();
  for (let n = 1; n <= 3; n += 1) {
    const id = String(await connection.call('CLIENT', ['ID']));
    await admin.call('CLIENT', ['KILL', 'ID', id]);
    await eventually(() => resumed === n);
  }

  expect(connection.errors).toEqual([]);
});

it('a connection follows a failover to the new master', async () => {
  const connection = viaSentinel();
  const key = uniqueKey();
  const recorder = new Recorder();
  await connection.ping();
  await connection.subscribe({ kind: 'channel', name: key }, recorder);

  await master.kill();
  await eventually(() => connection.status === 'interrupted');

  expect(await connection.call('INCR', [key], { timeoutMs: 15_000 })).toBe(1);
  const successor = openConnection(replica.url);
  expect(String(await successor.call('GET', [key]))).toBe('1');
  await eventually(() => recorder.events.includes('resumed'));
  await eventually(async () => (await successor.call('PUBLISH', [key, 'hello'])) === 1);
});
