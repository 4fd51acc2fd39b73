import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors.js';
import { parseTarget } from './parse-target.js';
import type { ConnectionTarget } from './target.js';

/** The options a client for this target is made with. */
function optionsOf(target: ConnectionTarget): Redis['options'] {
  const client = parseTarget(target).create({ lazyConnect: true });
  if (!(client instanceof Redis)) throw new Error('Not a client for one server');
  return client.options;
}

describe('a target', () => {
  it.each<[ConnectionTarget, object]>([
    ['redis://example.com', { host: 'example.com', port: 6379, db: 0 }],
    ['redis://example.com:7000/3', { host: 'example.com', port: 7000, db: 3 }],
    ['redis://:p%40ss@h', { username: null, password: 'p@ss' }],
    ['redis://me:pw@h', { username: 'me', password: 'pw' }],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }],
    ['rediss://h', { host: 'h', tls: {} }],
    ['unix:///run/my%20redis.sock?db=2', { path: '/run/my redis.sock', db: 2 }],
    ['/run/redis.sock', { path: '/run/redis.sock' }],
    ['redis://h?db=3', { host: 'h', db: 3 }],
    ['redis://h/?protocol=2&family=6', { host: 'h', db: 0, protocol: 2, family: 6 }],
    ['rediss://:pw@h:1/4?family=4', { host: 'h', port: 1, db: 4, family: 4, tls: {} }],
    [new URL('redis://me:pw@h:7000/3'), { host: 'h', port: 7000, db: 3, password: 'pw' }],
    [
      { host: 'h', port: 1, password: 'pw' },
      { host: 'h', port: 1, password: 'pw' },
    ],
  ])('is understood: %o', (target, options) => {
    expect(optionsOf(target)).toMatchObject(options);
  });

  it('names no library to the server, which an ACL would have to allow, unless it says so', () => {
    expect(optionsOf('redis://h')).toMatchObject({ disableClientInfo: true });
    expect(optionsOf({ disableClientInfo: false })).toMatchObject({ disableClientInfo: false });

    const cluster = parseTarget(['h:1']);
    const { options } = cluster.create({ lazyConnect: true }) as Cluster;
    expect(options.redisOptions).toMatchObject({ disableClientInfo: true });
    const subscriber = cluster.createSubscriber({ lazyConnect: true });
    expect(subscriber.options).toMatchObject({ disableClientInfo: true });
  });

  it.each<[ConnectionTarget, string]>([
    ['redis://user:secret@example.com:7000/3', 'example.com:7000'],
    ['unix:///run/redis.sock', '/run/redis.sock'],
    [{}, '127.0.0.1:6379'],
    [
      { sentinels: [{ host: 's1' }, { host: 's2', port: 5 }], name: 'm' },
      'm (sentinels s1:26379, s2:5)',
    ],
    [['redis://:secret@a:1', 'b:2', { host: 'c', port: 3 }], 'a:1, b:2, c:3'],
  ])('has an address to show: %o', (target, address) => {
    expect(parseTarget(target).address).toBe(address);
  });

  it.each<unknown>([
    '',
    'localhost',
    'http://localhost',
    'redis://host/name',
    'unix://run/redis.sock',
    'redis://:%zz@host',
    'redis://host?database=3',
    'redis://host?db=three',
    'redis://host?db=',
    'redis://host?db=1&db=2',
    'redis://host/1?db=1',
    'redis://host?protocol=4',
    'redis://host?family=5',
    'redis://host?ssl_cert_reqs=none',
    'unix:///run/redis.sock?timeout=1',
    'redis://:p#ss@host',
    new URL('http://localhost'),
    null,
    5,
    [],
    [null],
    [true],
    { keyPrefix: 'app:' },
    { replyMapping: 'resp3' },
    { stringNumbers: true },
    { monitor: true },
    { url: 'redis://host' },
    { host: 'h', prot: 1 },
    { socket: { host: 'h', port: 1 } },
    new (class NodeRedisClient {
      isOpen = false;
    })(),
    new Map([['host', 'h']]),
    new Redis({ lazyConnect: true, enableAutoPipelining: true }),
    new Cluster(['h'], { lazyConnect: true, enableAutoPipelining: true }),
    new Cluster(['h'], { lazyConnect: true, redisOptions: { db: 1 } }),
  ])('is refused: %o', (target) => {
    expect(() => parseTarget(target as ConnectionTarget)).toThrow(InvalidArgumentError);
  });

  it('cannot bring a timeout that leaves a read behind in the server', () => {
    const options = optionsOf({ commandTimeout: 100, blockingTimeout: 100 });

    expect(options.commandTimeout).toBeUndefined();
    expect(options.blockingTimeout).toBeUndefined();
  });

  it('of a Cluster gives all its nodes the password and the TLS of one', () => {
    const cluster = parseTarget(['rediss://a', 'redis://me:pw@b']);

    for (let node = 0; node < 2; node += 1) {
      expect(cluster.createSubscriber({ lazyConnect: true }).options).toMatchObject({
        username: 'me',
        password: 'pw',
        tls: {},
      });
    }
  });

  it('of a Cluster has the database that its nodes name', () => {
    const database = (...nodes: unknown[]) => parseTarget(nodes as ConnectionTarget).database;

    expect(database('redis://a')).toBe(0);
    expect(database('redis://a', 'redis://b?db=1')).toBe(1);
    expect(database({ host: 'a', db: 3 }, 'redis://b/3')).toBe(3);
  });

  it("may be a client of the caller's own, whose options further sockets get", () => {
    const client = new Redis({ lazyConnect: true, host: 'h', port: 1, password: 'pw' });

    const target = parseTarget(client);

    expect(target.client).toBe(client);
    expect(optionsOf(client)).toMatchObject({ host: 'h', port: 1, password: 'pw' });
  });

  it('with options that belong elsewhere is rejected with advice', () => {
    const refusal = (target: unknown) => {
      try {
        return String(parseTarget(target as ConnectionTarget));
      } catch (error) {
        return String(error);
      }
    };

    expect(refusal({ url: 'redis://host' })).toContain('connect(url)');
    expect(refusal({ host: 'h', prot: 1 })).toContain('"prot"');
    expect(refusal(new (class Client {})())).toContain('another library');
    expect(refusal(['redis://a/1', 'redis://b?db=2'])).toContain('same database, and 1 and 2');
    expect(refusal(new Redis({ lazyConnect: true, enableAutoPipelining: true }))).toContain(
      'enableAutoPipelining',
    );
  });

  it('may be a node that is given as a URL object', () => {
    expect(parseTarget([new URL('redis://a:1'), 'b:2']).address).toBe('a:1, b:2');
  });

  it('never delays commands, for any options', () => {
    expect(optionsOf({ enableAutoPipelining: true }).enableAutoPipelining).toBe(false);
  });

  it('says which options of ioredis stand as they were given, if any', () => {
    const given = { connectTimeout: 20_000, disconnectTimeout: 1, maxLoadingRetryTime: 2 };

    expect(parseTarget({ ...given, connectionName: 'shop' })).toMatchObject({
      connectTimeoutMs: 20_000,
      honoured: { ...given, connectionName: 'shop' },
    });
    expect(parseTarget({})).toMatchObject({ connectTimeoutMs: 5000, honoured: {} });
    expect(parseTarget('rediss://h').connectTimeoutMs).toBe(10_000);
    expect(parseTarget(['rediss://h']).connectTimeoutMs).toBe(10_000);
    expect(parseTarget(given, { connectTimeoutMs: 7 }).connectTimeoutMs).toBe(7);
  });

  it("of the caller's own client has those options that differ from the defaults of ioredis", () => {
    const plain = parseTarget(new Redis({ lazyConnect: true }));
    const chosen = parseTarget(new Redis({ lazyConnect: true, connectTimeout: 20_000 }));

    expect(plain).toMatchObject({ connectTimeoutMs: 5000, honoured: {} });
    expect(chosen).toMatchObject({
      connectTimeoutMs: 20_000,
      honoured: { connectTimeout: 20_000 },
    });
  });

  it('of a Cluster reaches announced nodes by the natMap of the client', () => {
    const natMap = { '10.0.0.1:7000': { host: 'outside', port: 17_000 } };
    const { reach } = parseTarget(new Cluster(['a:1'], { lazyConnect: true, natMap }));

    expect(reach({ host: '10.0.0.1', port: 7000 })).toEqual({ host: 'outside', port: 17_000 });
    expect(reach({ host: '10.0.0.2', port: 7000 })).toEqual({ host: '10.0.0.2', port: 7000 });
    for (const host of [null, '', '?']) {
      expect(reach({ host, port: 7000 })).toEqual({ host: 'a', port: 7000 });
    }
    const { reach: byFunction } = parseTarget(
      new Cluster(['a:1'], {
        lazyConnect: true,
        natMap: (key) => (key === 'a:7000' ? { host: 'b', port: 2 } : null),
      }),
    );
    expect(byFunction({ host: null, port: 7000 })).toEqual({ host: 'b', port: 2 });
  });
});
