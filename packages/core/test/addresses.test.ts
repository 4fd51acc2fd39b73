import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { freePort } from '../src/embedded/free-port.js';
import type { Connection, ConnectionTarget } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const folder = mkdtempSync(join(tmpdir(), 'redpost-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ],
  { stdio: 'ignore' },
);
const tlsPort = await freePort();

const redis = useRedis({
  args: [
    ...['--tls-port', String(tlsPort), '--tls-auth-clients', 'no'],
    ...['--tls-key-file', key, '--tls-cert-file', cert, '--tls-ca-cert-file', cert],
  ],
});

/** Uses every kind of socket once. */
async function expectToWork(connection: Connection): Promise<void> {
  const list = uniqueKey();
  const recorder = new Recorder();
  await connection.subscribe({ kind: 'channel', name: list }, recorder);
  const read = connection.block((ms) => ['BLPOP', list, ms / 1000]);
  await connection.call('RPUSH', [list, 'x']);
  expect(String(await read)).toBe(`${list},x`);
  await connection.call('PUBLISH', [list, 'hello']);
  await eventually(() => recorder.messages.length === 1);
}

describe('a connection to', () => {
  it.each<[string, () => ConnectionTarget]>([
    ['a redis URL', () => redis.url],
    ['a host by its name', () => `redis://localhost:${redis.port}`],
    ['the URL of a unix socket', () => `unix://${redis.dir}/redis.sock`],
    ['the path of a unix socket', () => `${redis.dir}/redis.sock`],
    ['options', () => ({ host: '127.0.0.1', port: redis.port })],
    ['TLS', () => ({ port: tlsPort, host: 'localhost', tls: { ca: readFileSync(cert) } })],
  ])('%s works on all its sockets', async (_, target) => {
    await expectToWork(openConnection(target()));
  });

  it('a rediss URL checks the certificate, and says what is wrong with it', async () => {
    const connection = openConnection(`rediss://localhost:${tlsPort}`, { callTimeoutMs: 500 });

    const error = await rejection(connection.ping());

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed' });
    expect(error.message).toMatch(/self.signed certificate/);
  });

  it('a database works in that one', async () => {
    const [zero, three] = [redis.connect(), openConnection(`${redis.url}/3`)];
    const name = uniqueKey();
    await three.call('SET', [name, 'there']);

    expect(await zero.call('GET', [name])).toBeNull();
    await zero.call('SELECT', [3]);
    expect(String(await zero.call('GET', [name]))).toBe('there');
    expect(String(await three.block((ms) => ['BLPOP', name, ms / 1000]).catch(String))).toContain(
      'WRONGTYPE',
    );
  });

  it.each<[string, (port: number) => ConnectionTarget]>([
    ['a URL', (port) => `redis://127.0.0.1:${port}/99`],
    ['the query of a URL', (port) => new URL(`redis://127.0.0.1:${port}?db=99`)],
    ['options', (port) => ({ port, db: 99 })],
  ])('a database of %s that there is not is refused on all sockets', async (_, target) => {
    const connection = openConnection(target(redis.port), { callTimeoutMs: 5000 });
    const refusal = { code: 'SERVER', reply: 'ERR', outcome: 'not-executed', retryable: false };

    // Also when ioredis would go on in database 0.
    for (let round = 0; round < 2; round += 1) {
      const errors = await Promise.all([
        rejection(connection.ping()),
        rejection(connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 5000 })),
        rejection(connection.subscribe({ kind: 'channel', name: 'a' }, new Recorder())),
      ]);
      for (const error of errors) {
        expect(error).toMatchObject(refusal);
        expect(error.message).toContain('refuses database 99');
      }
    }
    expect(connection.status).toBe('connecting');
  });
});

/** Passes bytes on to a port, but nothing to begin with. */
async function startSlowWay(to: number, waitMs: number): Promise<number> {
  const server = createServer((near) => {
    near.pause();
    const timer = setTimeout(() => {
      const far = createConnection(to, '127.0.0.1');
      near.pipe(far).pipe(near);
      far.on('error', () => near.destroy());
    }, waitMs);
    near.on('error', () => {});
    near.on('close', () => clearTimeout(timer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a connection by TLS', () => {
  const ca = readFileSync(cert);

  it('has as long for it as it was given, by either option, and else ten seconds', async () => {
    const slow = await startSlowWay(tlsPort, 5500);
    const target = { host: '127.0.0.1', port: slow, tls: { ca } };

    const url = openConnection(`rediss://127.0.0.1:${slow}`, {
      callTimeoutMs: 15_000,
      tls: { ca },
    });
    const short = openConnection(target, { callTimeoutMs: 1000, connectTimeoutMs: 100 });
    const given = openConnection({ ...target, connectTimeout: 100 }, { callTimeoutMs: 1000 });

    await expect(short.ping()).rejects.toThrow('ETIMEDOUT');
    await expect(given.ping()).rejects.toThrow('ETIMEDOUT');
    await url.ping();
    expect(url.errors).toEqual([]);
  });

  it('to a port without TLS says what may be wrong, also before it has timed out', async () => {
    const url = `rediss://127.0.0.1:${redis.port}`;
    const [early, late] = [openConnection(url), openConnection(url, { connectTimeoutMs: 100 })];

    for (const connection of [early, late]) {
      const error = await rejection(connection.ping({ timeoutMs: 1000 }));
      expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed' });
      expect(error.message).toContain('is its URL redis:// rather than rediss://?');
    }
    expect(late.errors[0]?.message).toContain('is its URL redis:// rather than rediss://?');
  });

  it('says that the port may use TLS when a server closes a connection without TLS', async () => {
    const connection = openConnection(`redis://127.0.0.1:${tlsPort}`);
    const error = await rejection(connection.ping({ timeoutMs: 1000 }));

    expect(error.message).toContain('its URL rediss://?');
  });
});

it('the names of sockets begin as connectionName says, unless there is a name', async () => {
  const namesOf = async (connection: Connection) =>
    String(await connection.call('CLIENT', ['GETNAME']));
  const target = { port: redis.port, connectionName: 'shop' };

  expect(await namesOf(openConnection(target))).toBe('shop:commands');
  expect(await namesOf(openConnection(target, { name: 'till' }))).toBe('till:commands');
});

it('every client has the timeouts that were given to ioredis, and reconnects as redpost says', async () => {
  const made: RedisOptions[] = [];
  const { port } = redis;
  class OwnWay extends AbstractConnector {
    constructor(options: unknown) {
      super(0);
      made.push(options as RedisOptions);
    }
    async connect() {
      this.connecting = true;
      this.stream = createConnection(port, '127.0.0.1');
      return this.stream;
    }
  }
  const given = { disconnectTimeout: 7, maxLoadingRetryTime: 8 };
  const replaced = { retryStrategy: () => null, reconnectOnError: () => true, socketTimeout: 9 };
  const connection = openConnection({ Connector: OwnWay, ...given, ...replaced });

  await connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 10 });
  await connection.subscribe({ kind: 'channel', name: 'a' }, new Recorder());

  expect(made).toHaveLength(3);
  for (const options of made) {
    expect(options).toMatchObject(given);
    for (const [name, value] of Object.entries(replaced)) {
      expect(options[name as keyof typeof replaced]).not.toBe(value);
    }
  }
});
