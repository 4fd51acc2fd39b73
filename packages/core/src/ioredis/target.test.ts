import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors.js';
import { type ConnectionTarget, parseTarget } from './target.js';

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
    [
      { host: 'h', port: 1, password: 'pw' },
      { host: 'h', port: 1, password: 'pw' },
    ],
  ])('is understood: %o', (target, options) => {
    expect(optionsOf(target)).toMatchObject(options);
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
    null,
    5,
    [],
    [null],
    [true],
    { keyPrefix: 'app:' },
    { replyMapping: 'resp3' },
    { stringNumbers: true },
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

  it("may be a client of the caller's own, whose options further sockets get", () => {
    const client = new Redis({ lazyConnect: true, host: 'h', port: 1, password: 'pw' });

    const target = parseTarget(client);

    expect(target.client).toBe(client);
    expect(optionsOf(client)).toMatchObject({ host: 'h', port: 1, password: 'pw' });
  });
});
