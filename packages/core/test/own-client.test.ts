import { Redis, type RedisOptions } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Recorder, recordEvents } from './support/record.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

function ownClient(options: { lazyConnect?: boolean } = {}): Redis {
  const client = new Redis({ port: redis.port, ...options });
  onTestFinished(() => client.disconnect());
  return client;
}

const listenersOf = (client: Redis) =>
  Object.fromEntries(client.eventNames().map((name) => [name, client.listenerCount(name)]));

describe("an ioredis client of the caller's own", () => {
  it('carries the calls, while reads and subscriptions get sockets of their own', async () => {
    const client = ownClient();
    const connection = openConnection(client);
    const key = uniqueKey();
    const recorder = new Recorder();

    await connection.call('RPUSH', [key, 'x']);
    await connection.subscribe({ kind: 'channel', name: key }, recorder);
    expect(String(await connection.block((ms) => ['BLPOP', key, ms / 1000]))).toBe(`${key},x`);
    await connection.call('PUBLISH', [key, 'hello']);

    await eventually(() => recorder.messages.length === 1);
    expect(await client.client('ID')).toBe(await connection.call('CLIENT', ['ID']));
    expect(client.mode).toBe('normal');
  });

  it('is not closed with the connection, and keeps no listener of it', async () => {
    const client = ownClient();
    client.on('error', () => {});
    await client.ping();
    const before = listenersOf(client);
    const connection = openConnection(client);
    await connection.ping();
    expect(listenersOf(client)).not.toEqual(before);

    await connection.close();

    expect(listenersOf(client)).toEqual(before);
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
  });

  it('that has ended executes no more commands, and calls reject at once', async () => {
    const client = ownClient();
    const connection = openConnection(client);
    await connection.ping();
    const key = uniqueKey();
    const ended = { code: 'CONNECTION', outcome: 'not-executed', retryable: false };

    const quit = client.quit();
    expect(await rejection(connection.call('INCR', [key]))).toMatchObject(ended);
    await quit;
    expect(await rejection(connection.call('INCR', [key]))).toMatchObject(ended);
    await eventually(() => client.status === 'end');
    expect(await rejection(connection.call('INCR', [key]))).toMatchObject(ended);
    expect(await redis.connect().call('EXISTS', [key])).toBe(0);

    await client.connect();
    expect(await connection.call('INCR', [key])).toBe(1);
  });

  it('that gives up connecting rejects the waiting calls', async () => {
    const client = new Redis({ port: 1, retryStrategy: () => null });
    client.on('error', () => {});
    const waiting = rejection(openConnection(client).call('PING', []));
    expect(await waiting).toMatchObject({ outcome: 'not-executed', retryable: false });
  });

  it('that is ready already is reported as ready', async () => {
    const client = ownClient();
    await client.ping();

    const connection = openConnection(client);
    const events = recordEvents(connection);

    await eventually(() => events.includes('ready'));
    expect(connection.status).toBe('ready');
  });

  it('that connects lazily is connected by the first call', async () => {
    const client = ownClient({ lazyConnect: true });
    const connection = openConnection(client);
    expect(client.status).toBe('wait');

    expect(await connection.call('INCR', [uniqueKey()])).toBe(1);
    await connection.subscribe({ kind: 'channel', name: uniqueKey() }, new Recorder());
    expect(
      await connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 1 }),
    ).toBeNull();
  });

  it('that connects lazily may be closed without ever having connected', async () => {
    const client = ownClient({ lazyConnect: true });
    const connection = openConnection(client);

    await connection.close();

    expect(client.status).toBe('wait');
  });

  it('comes back after it was killed', async () => {
    const client = ownClient();
    const connection = openConnection(client);
    const events = recordEvents(connection);
    const admin = redis.connect();
    const id = Number(await connection.call('CLIENT', ['ID']));

    await admin.call('CLIENT', ['KILL', 'ID', id]);
    await eventually(() => events.includes('interrupted'));

    await connection.ping();
    expect(events).toEqual(['ready', 'interrupted', 'resumed']);
  });

  it('cannot be used in a thread', () => {
    const connection = openConnection(ownClient());

    expect(() => connection.thread()).toThrow('of your own');
  });
});

describe.each<[string, typeof Redis]>([
  ['6', Redis],
  ['5', Redis5 as unknown as typeof Redis],
])('a client of ioredis %s', (_, Client) => {
  const open = (
    options: Pick<RedisOptions, 'username' | 'password' | 'enableAutoPipelining'> = {},
  ) => {
    const client = new Client({ port: redis.port, ...options });
    client.on('error', () => {}); // Some of them are let in no more.
    onTestFinished(() => client.disconnect());
    return client;
  };
  /** The databases of the sockets of a connection that has this name. */
  const databasesOf = async (name: string) => {
    const list = String(await redis.connect().call('CLIENT', ['LIST']));
    const lines = list.split('\n').filter((line) => line.includes(` name=${name}`));
    return lines.map((line) => Number(/ db=(\d+)/.exec(line)?.[1]));
  };

  it('with enableAutoPipelining is refused with the reason', () => {
    expect(() => openConnection(open({ enableAutoPipelining: true }))).toThrow(
      'enableAutoPipelining cannot be used',
    );
  });

  it('carries the calls, reads, replicated writes and subscriptions of a connection', async () => {
    const connection = openConnection(open());
    const key = uniqueKey();
    const recorder = new Recorder();
    await connection.subscribe({ kind: 'channel', name: key }, recorder);

    const read = connection.block((ms) => ['BLPOP', key, ms / 1000]);
    await connection.call('RPUSH', [key, 'x']);
    expect(String(await read)).toBe(`${key},x`);
    await connection.call('PUBLISH', [key, 'hello']);
    await eventually(() => recorder.messages.length === 1);
    const written = connection.call('RPUSH', [key, 'x'], { replicas: 1, timeoutMs: 2000 });
    await expect(written).rejects.toMatchObject({ code: 'NOT_REPLICATED' });
  });

  it('takes every socket along into the database that it selects', async () => {
    const client = open();
    await client.select(2);
    const name = uniqueKey();
    const connection = openConnection(client, { name });
    const recorder = new Recorder();
    const write = (key: string, value: string) =>
      connection.call('RPUSH', [key, value], { replicas: 1, timeoutMs: 100 }).catch(() => {});
    const expectOneDatabase = async (database: number) => {
      const key = uniqueKey();
      const read = connection.block((ms) => ['BLPOP', key, ms / 1000], { timeoutMs: 10_000 });
      await connection.call('RPUSH', [key, 'a']);
      expect(String(await read)).toBe(`${key},a`);
      await write(key, 'b');
      expect(await connection.call('LLEN', [key])).toBe(1);
      // While its socket is being opened again, a read asks on that for commands.
      await eventually(async () => (await databasesOf(`${name}:blocking`)).length > 0);
      expect(await databasesOf(`${name}:blocking`)).toEqual([database]);
    };
    await connection.subscribe({ kind: 'channel', name }, recorder);
    await expectOneDatabase(2);
    expect(await databasesOf(`${name}:subscriptions`)).toEqual([2]);

    await client.select(3);
    await expectOneDatabase(3);
    // Sockets that are opened anew follow as well, and do not go back to where they were.
    await redis.connect().call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await redis.connect().call('CLIENT', ['KILL', 'TYPE', 'normal']);
    await eventually(() => recorder.events.includes('resumed'));
    await expectOneDatabase(3);
    expect(await databasesOf(`${name}:subscriptions`)).toEqual([3]);
  });

  it('keeps the selected database while it reconnects', async () => {
    const client = open();
    await client.select(3);
    const connection = openConnection(client, {});
    const databases: number[] = [];
    client.on('connect', () => databases.push(connection.database));
    await redis.connect().call('CLIENT', ['KILL', 'TYPE', 'normal']);
    await eventually(() => databases.length > 0);
    await connection.ping();
    expect(databases).toEqual([3]);
  });

  it('has a read that is blocked meanwhile go on in the new database', async () => {
    const client = open();
    const name = uniqueKey();
    const connection = openConnection(client, { name });
    const waiting = connection.block((ms) => ['BLPOP', name, ms / 1000]);
    const isBlocked = async () =>
      / name=\S+:blocking .* cmd=blpop/.test(
        String(await redis.connect().call('CLIENT', ['LIST'])).replace(/\n/g, ' '),
      );
    await eventually(isBlocked);

    await client.select(4);
    await connection.call('RPUSH', [name, 'x']);

    expect(String(await waiting)).toBe(`${name},x`);
  });

  it('hands a rotated password on to every socket that is opened', async () => {
    const admin = redis.connect();
    const username = `ann-${uniqueKey().replaceAll(':', '-')}`;
    await admin.call('ACL', ['SETUSER', username, 'on', '>first', '~*', '&*', '+@all']);
    const client = open({ username, password: 'first' });
    const name = uniqueKey();
    const connection = openConnection(client, { name });
    const recorder = new Recorder();
    await connection.subscribe({ kind: 'channel', name }, recorder);

    await admin.call('ACL', ['SETUSER', username, '>second']);
    client.options.password = 'second';
    await admin.call('ACL', ['SETUSER', username, '<first']);
    for (const type of ['pubsub', 'normal']) await admin.call('CLIENT', ['KILL', 'TYPE', type]);
    await eventually(() => recorder.events.includes('resumed'));
    const read = connection.block((ms) => ['BLPOP', name, ms / 1000], { timeoutMs: 10_000 });
    await connection.call('RPUSH', [name, 'x']);

    expect(String(await read)).toBe(`${name},x`);
    expect(connection.errors).toEqual([]);
  });
});
