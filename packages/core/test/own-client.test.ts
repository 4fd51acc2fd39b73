import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
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
