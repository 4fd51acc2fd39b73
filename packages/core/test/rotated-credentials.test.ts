import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addSlots, nodeArguments } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { needRedis7 } from '../../../tooling/redis-version.js';
import { rejection } from '../../../tooling/rejection.js';
import { startSentinel } from '../../../tooling/sentinel.js';
import { findServer } from '../src/embedded/find-server.js';
import { type Connection, type Credentials, connect } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, startOwnRedis, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A user whose password can be rotated on the server, and what credentials it has now. */
async function startUser(admin: Connection) {
  const username = `ann-${uniqueKey().replaceAll(':', '-')}`;
  const setUser = (...rules: string[]) => admin.call('ACL', ['SETUSER', username, ...rules]);
  let version = 1;
  let asked = 0;
  await setUser('on', '>password-1', '~*', '&*', '+@all');
  return {
    username,
    asked: () => asked,
    credentials: async (): Promise<Credentials> => {
      asked += 1;
      return { username, password: `password-${version}` };
    },
    /** The old password lets nobody in any more, and all sockets break. */
    async rotate() {
      version += 1;
      await setUser(`>password-${version}`, `<password-${version - 1}`);
      await admin.call('CLIENT', ['KILL', 'USER', username]);
    },
  };
}

/** Uses every kind of socket once. */
async function expectToWork(connection: Connection): Promise<Recorder> {
  const list = uniqueKey();
  const recorder = new Recorder();
  await connection.subscribe({ kind: 'channel', name: list }, recorder);
  const read = connection.block((ms) => ['BLPOP', list, ms / 1000], { timeoutMs: 10_000 });
  await connection.call('RPUSH', [list, 'x']);
  expect(String(await read)).toBe(`${list},x`);
  await connection.call('PUBLISH', [list, 'hello']);
  await eventually(() => recorder.messages.length === 1);
  return recorder;
}

describe('credentials from a function', () => {
  it('let every socket in, and are asked for again whenever one is opened', async () => {
    const user = await startUser(redis.connect());
    const connection = openConnection(redis.url, { credentials: user.credentials });
    const recorder = await expectToWork(connection);
    const before = user.asked();

    for (let round = 0; round < 2; round += 1) {
      await user.rotate();
      await eventually(() => recorder.events.filter((name) => name === 'resumed').length > round);
      await expectToWork(connection);
    }

    expect(user.asked()).toBeGreaterThan(before);
    expect(JSON.stringify(connection.errors.map((error) => inspect(error)))).not.toContain(
      'password-',
    );
  });

  it('may leave out the user, whom the URL then names', async () => {
    const user = await startUser(redis.connect());
    const credentials = async () => ({ password: (await user.credentials()).password });
    const url = redis.url.replace('redis://', `redis://${user.username}@`);

    expect(String(await openConnection(url, { credentials }).call('ACL', ['WHOAMI']))).toBe(
      user.username,
    );
  });

  it('are asked for once by sockets that are opened together', async () => {
    const user = await startUser(redis.connect());
    const connection = openConnection(redis.url, { credentials: user.credentials });

    await Promise.all(
      [1, 2, 3, 4].map(() =>
        connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 1 }),
      ),
    );

    expect(user.asked()).toBeLessThanOrEqual(2);
  });

  it('that fail are reported, asked for again with pauses, and work then', async () => {
    const user = await startUser(redis.connect());
    let failures = 0;
    const credentials = () => {
      if (failures === 2) return user.credentials();
      failures += 1;
      throw new Error('the token service is away');
    };
    const connection = openConnection(redis.url, { credentials });

    expect(String(await connection.call('ACL', ['WHOAMI']))).toBe(user.username);
    expect(connection.errors.map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringContaining('credentials() failed: the token service is away')),
    );
  });

  it.each<[string, () => unknown, string]>([
    ['are not there in time', () => new Promise(() => {}), 'has not answered within 50 ms'],
    ['have no password', () => ({ username: 'a' }), 'must return'],
    ['are no object', () => 'c4n4ry', 'must return'],
    ['have a password of another type', () => ({ password: ['c4n4ry'] }), 'must return'],
  ])('that %s are the reason why a call is not executed', async (_, source, reason) => {
    const credentials = source as () => Credentials;
    const options = { credentials, connectTimeoutMs: 50, callTimeoutMs: 500 };
    const connection = openConnection(redis.url, options);

    const error = await rejection(connection.call('PING', []));

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed', retryable: true });
    expect(error.message).toContain(reason);
    expect(inspect([error, connection.errors], { depth: 10 })).not.toContain('c4n4ry');
    // Pauses grow: it is not asked thousands of times.
    expect(connection.errors.length).toBeLessThan(10);
  });

  it('that are wrong make calls reject at once', async () => {
    const user = await startUser(redis.connect());
    const credentials = () => ({ username: user.username, password: 'c4n4ry' });
    const connection = openConnection(redis.url, { credentials });

    const error = await rejection(connection.ping());

    expect(error).toMatchObject({ reply: 'WRONGPASS' });
    expect(inspect([error, connection.errors], { depth: 10 })).not.toContain('c4n4ry');
  });

  it('do not open a socket for a connection that was closed meanwhile', async () => {
    const user = await startUser(redis.connect());
    let give: (value: Credentials) => void = () => {};
    const name = uniqueKey();
    const connection = connect(redis.url, {
      name,
      credentials: () => new Promise<Credentials>((resolve) => (give = resolve)),
    });
    await connection.close();

    give(await user.credentials());

    expect(String(await redis.connect().call('CLIENT', ['LIST']))).not.toContain(name);
  });

  it('work by way of a Sentinel', async () => {
    const user = await startUser(redis.connect());
    const sentinel = await startSentinel(findServer(), redis.port);
    onTestFinished(() => sentinel.stop());
    const connection = openConnection(
      { name: 'mymaster', sentinels: [{ host: '127.0.0.1', port: sentinel.port }] },
      { credentials: user.credentials },
    );
    const recorder = await expectToWork(connection);

    await user.rotate();
    await eventually(() => recorder.events.includes('resumed'));
    await expectToWork(connection);
  });
});

describe('in a Cluster, credentials', () => {
  async function startCluster() {
    const args = await nodeArguments();
    // ioredis cannot do without: it is the caller's client in one of the tests.
    args.push('--cluster-announce-ip', '127.0.0.1');
    const node = await startOwnRedis({ args });
    const admin = openConnection(node.url);
    await addSlots(admin);
    await eventually(async () => {
      return String(await admin.call('CLUSTER', ['INFO'])).includes('cluster_state:ok');
    });
    await admin.call('ACL', ['SETUSER', 'default', '>admin']);
    return { node, user: await startUser(admin) };
  }

  it('from a function let every socket in, also after a rotation', async ({ skip }) => {
    needRedis7(skip);
    const { node, user } = await startCluster();
    const options = { credentials: user.credentials };
    const connection = openConnection([`127.0.0.1:${node.port}`], options);
    const sharded = new Recorder();
    await connection.subscribe({ kind: 'shard', name: 'news' }, sharded);
    const recorder = await expectToWork(connection);

    await user.rotate();
    await eventually(() => recorder.events.includes('resumed'));
    await eventually(() => sharded.events.includes('resumed'));
    await eventually(async () => String(await connection.call('ACL', ['WHOAMI']).catch(() => '')));
    await expectToWork(connection);
    await connection.call('SPUBLISH', ['news', 'x']);
    await eventually(() => sharded.messages.length === 1);
  });

  it("of the caller's own client are taken as they are then", async () => {
    const { node, user } = await startCluster();
    const redisOptions = await user.credentials();
    const client = new Redis.Cluster([{ host: '127.0.0.1', port: node.port }], {
      redisOptions: { username: user.username, password: redisOptions.password },
      lazyConnect: true,
    });
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    const connection = openConnection(client);
    const recorder = await expectToWork(connection);

    Object.assign(client.options.redisOptions ?? {}, { password: 'password-2' });
    await user.rotate();

    await eventually(() => recorder.events.includes('resumed'));
    const read = connection.block((ms) => ['BLPOP', 'no-such-list', ms / 1000], { timeoutMs: 50 });
    expect(await read).toBeNull();
  });
});
