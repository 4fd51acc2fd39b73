import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { startPair, untilReplicaIsKnown } from '../../../tooling/replication.js';
import { type Sentinel, startSentinel } from '../../../tooling/sentinel.js';
import { findServer } from '../src/embedded/find-server.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { Recorder } from './support/record.js';
import { startRelay } from './support/relay.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

// The primary lives on, and takes itself for the primary until the Sentinel has told it, ten seconds later.

/** Takes no failover for necessary, however busy the machine is. */
const silenceMs = 60_000;

let primary: EmbeddedRedis;
let replica: EmbeddedRedis;
/** Both watch; connections are told of the first, and the second is in charge. */
let sentinels: Sentinel[] = [];

beforeAll(async () => {
  ({ master: primary, replica } = await startPair({ startRedis, connect }));
});

afterAll(async () => {
  await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
  await Promise.all([primary?.stop(), replica?.stop()]);
});

/** Each test has a pair that begins anew. */
beforeEach(async () => {
  await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
  await using old = connect(primary.url);
  await using next = connect(replica.url);
  await old.call('REPLICAOF', ['NO', 'ONE']);
  await next.call('REPLICAOF', ['127.0.0.1', primary.port]);
  await eventually(async () => (await role(primary)).includes('state=online'));
  const start = () => startSentinel(findServer(), primary.port, silenceMs);
  sentinels = await Promise.all([start(), start()]);
  for (const { port } of sentinels) await untilReplicaIsKnown({ connect }, port, replica.port);
  await eventually(async () => {
    const known = await Promise.all(sentinels.map(({ port }) => askSentinel(port, 'SENTINELS')));
    return known.every((others) => others.includes('127.0.0.1'));
  }, 15_000);
}, 60_000);

const options = () => ({
  name: 'mymaster',
  sentinels: [{ host: '127.0.0.1', port: sentinels[0]?.port ?? 0 }],
});

const viaSentinel = () => openConnection(options());

/** The same by a client of the caller's, which asks only the Sentinel that it was told of. */
const byOwnClient = () => {
  const client = new Redis(options());
  onTestFinished(() => client.disconnect());
  return openConnection(client);
};

/** Resolves when a connection listens to both. */
const untilHeard = () =>
  eventually(async () => {
    const clients = await Promise.all(sentinels.map(({ port }) => clientsOf(port)));
    return clients.every((list) => /:sentinel .* sub=4 psub=1 /.test(list));
  });

async function clientsOf(port: number): Promise<string> {
  await using sentinel = connect({ host: '127.0.0.1', port });
  return String(await sentinel.call('CLIENT', ['LIST']));
}

async function askSentinel(port: number, question: string): Promise<string> {
  await using sentinel = connect({ host: '127.0.0.1', port });
  return String(await sentinel.call('SENTINEL', [question, 'mymaster']));
}

async function role({ url }: EmbeddedRedis): Promise<string> {
  await using node = connect(url);
  return String(await node.call('INFO', ['replication']));
}

const failOver = () => askSentinel(sentinels[1]?.port ?? 0, 'FAILOVER');

it.each([
  ['a connection', viaSentinel],
  ['a client of the caller’s', byOwnClient],
])(
  'messages that are sent by %s are neither confirmed by the old primary nor lost',
  async (_, open) => {
    const connection = open();
    const key = uniqueKey();
    await untilHeard();
    let isOver = false;
    const pushed: number[] = [];
    const push = async (replicas: number) => {
      for (let n = replicas; !isOver; n += 2) {
        // For some time there is no replica: a rejected push may be there or not.
        const push = connection.call('RPUSH', [key, n], { replicas });
        await push.then(() => pushed.push(n), ignore);
      }
    };
    const pushing = [push(0), push(1)];
    await eventually(() => pushed.length > 100);
    const resumed = new Promise<void>((resolve) => connection.on('resumed', () => resolve()));

    await failOver();
    await resumed;
    const before = pushed.length;
    await eventually(() => pushed.length > before + 100);
    isOver = true;
    expect(await role(primary)).toContain('role:master');
    await Promise.all(pushing);

    await using next = connect(replica.url);
    const kept = new Set(((await next.call('LRANGE', [key, 0, -1])) as Buffer[]).map(Number));
    expect(pushed.filter((n) => !kept.has(n))).toEqual([]);
  },
  60_000,
);

it('a client of the caller’s that a Sentinel sends back to the old primary asks again', async () => {
  const relays = await Promise.all(sentinels.map(({ port }) => startRelay(port)));
  const addresses = relays.map(({ port }) => ({ host: '127.0.0.1', port }));
  const client = new Redis({ name: 'mymaster', sentinels: addresses });
  onTestFinished(() => client.disconnect());
  const connection = openConnection(client);
  await connection.ping();
  await untilHeard();
  // ioredis asks the Sentinels in turns: these first, then those that they have named.
  const question = 'get-master-addr-by-name';
  const asked = () =>
    relays.flatMap(({ pieces }) => pieces.filter((piece) => piece.includes(question)));
  const before = asked().length;
  const port = String(primary.port);
  const oldPrimary = `*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`;
  for (const relay of relays) relay.answer(question, oldPrimary);
  const resumed = new Promise<void>((resolve) => connection.on('resumed', () => resolve()));

  await failOver();
  await resumed;
  const key = uniqueKey();
  await connection.call('SET', [key, 'kept']);

  expect(await role(primary)).toContain('role:master');
  await using next = connect(replica.url);
  expect(String(await next.call('GET', [key]))).toBe('kept');
  expect(asked().length).toBeGreaterThan(before);
}, 60_000);

it('every socket is at the new primary while the old one still takes itself for the primary', async () => {
  const connection = viaSentinel();
  const key = uniqueKey();
  const recorder = new Recorder();
  await connection.subscribe({ kind: 'channel', name: key }, recorder);
  const read = connection
    .block((ms) => ['BLPOP', `${key}:list`, ms / 1000])
    .catch(() => connection.block((ms) => ['BLPOP', `${key}:list`, ms / 1000]));
  read.catch(ignore);
  await using next = connect(replica.url);

  await untilHeard();
  await failOver();
  await eventually(async () => (await role(replica)).includes('role:master'));
  await next.call('RPUSH', [`${key}:list`, 'x']);
  expect(String(await read)).toBe(`${key}:list,x`);
  await eventually(async () => (await next.call('PUBLISH', [key, 'hello'])) === 1);
  expect(recorder.events).toContain('resumed');

  expect(await role(primary)).toContain('role:master');
}, 60_000);

it('the heartbeat thread is at the new primary while the old one still takes itself for the primary', async () => {
  // What runs in the thread is made when the package is built.
  const built = (await import(String('@redpost/core'))) as { connect: typeof connect };
  await using connection = built.connect(options());
  const key = uniqueKey();
  const repeating = { everyMs: 50, maxBlockedMs: 60_000, failed: ignore };
  const repetition = await connection.thread().repeat(beat, key, repeating);
  await using next = connect(replica.url);
  // Two connections that listen to the Sentinels: that of the thread is the second.
  await eventually(async () => {
    const clients = await Promise.all(sentinels.map(({ port }) => clientsOf(port)));
    return clients.every((list) => list.match(/:sentinel .* sub=4 psub=1 /g)?.length === 2);
  });

  await failOver();
  await eventually(async () => (await role(replica)).includes('role:master'));
  const before = Number(await next.call('GET', [key]));
  await eventually(async () => Number(await next.call('GET', [key])) > before + 3);

  expect(await role(primary)).toContain('role:master');
  expect(repetition.confirmedMsAgo).toBeLessThan(10_000);
}, 60_000);

it('Sentinels and servers may have users of their own', async () => {
  await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
  const rights = [
    '+sentinel|get-master-addr-by-name',
    '+sentinel|master',
    '+sentinel|sentinels',
    ...['+client|setname', '+subscribe', '+psubscribe', '+ping'],
  ];
  const guarded = await startSentinel(findServer(), primary.port, silenceMs, [
    `user watcher on >watches allchannels ${rights.join(' ')}`,
    'user default on >admin allchannels allkeys +@all',
  ]);
  sentinels = [guarded];
  const admin = openConnection({ host: '127.0.0.1', port: guarded.port, password: 'admin' });
  await using next = connect(replica.url);
  await using old = connect(primary.url);
  for (const server of [old, next]) {
    await server.call('ACL', ['SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all']);
  }
  await eventually(async () => {
    const known = String(await admin.call('SENTINEL', ['REPLICAS', 'mymaster']));
    return known.includes(`127.0.0.1:${replica.port}`) && known.includes('master-link-status,ok');
  }, 15_000);
  const sentinelLogin = { sentinelUsername: 'watcher', sentinelPassword: 'watches' };
  const connection = openConnection({
    ...options(),
    ...sentinelLogin,
    username: 'app',
    password: 'secret',
  });
  const key = uniqueKey();
  expect(String(await connection.call('ACL', ['WHOAMI']))).toBe('app');
  await eventually(async () =>
    /:sentinel .* sub=4 psub=1 /.test(String(await admin.call('CLIENT', ['LIST']))),
  );

  await admin.call('SENTINEL', ['FAILOVER', 'mymaster']);
  await eventually(async () => (await role(replica)).includes('role:master'));
  await eventually(async () => {
    await connection.call('INCR', [key]);
    return (await next.call('GET', [key])) !== null;
  });

  expect(await role(primary)).toContain('role:master');
  expect(connection.errors).toEqual([]);
}, 60_000);

const beat = defineScript({
  name: 'beat',
  lua: `return redis.call('INCR', key)`,
  keys: { key: (key: string) => key },
  parse: Number,
});

function ignore(): void {}
