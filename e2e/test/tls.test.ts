import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { idleMsSince } from '../../tooling/machine-pace.js';
import { makeCertificates } from '../src/security/certificates.js';

const files = makeCertificates();
afterAll(() => rmSync(files.folder, { recursive: true, force: true }));
const pem = (file: string) => readFileSync(file);
const client = { cert: pem(files.client.cert), key: pem(files.client.key) };
const ca = pem(files.authority.cert);

let redis: EmbeddedRedis;
let port: number;
beforeAll(async () => {
  port = await freePort();
  redis = await startRedis({
    args: [
      ...[
        '--tls-port',
        String(port),
        '--tls-auth-clients',
        'yes',
        '--requirepass',
        'of the default',
      ],
      ...['--tls-cert-file', files.server.cert, '--tls-key-file', files.server.key],
      ...['--tls-ca-cert-file', files.authority.cert],
      ...['--user', 'ann', 'on', '>s3cret', '~*', '&*', '+@all'],
    ],
  });
});
afterAll(() => redis?.stop());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

function open(url: string, options?: ConnectOptions): Connection {
  const connection = connect(url, options);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  return connection;
}

const urlFor = (who: string) => `rediss://${who}@localhost:${port}`;

/** How the parts of redpost fail when they are not let in, and that it does not take long. */
async function refusals(connection: Connection): Promise<unknown[]> {
  const start = performance.now();
  const queue = new Queue('q', { connection });
  const pubsub = new PubSub({ connection });
  const tried = [
    connection.ping(),
    queue.send(1),
    queue.stats(),
    connection.block((ms) => ['BLPOP', 'q', ms / 1000]),
    pubsub.publish('c', 1),
    pubsub.subscribe('c'),
  ];
  const errors = await Promise.allSettled(tried);
  expect(idleMsSince(start)).toBeLessThan(4000);
  return errors.map((settled) => (settled.status === 'rejected' ? settled.reason : settled));
}

/**
 * From 1.3 on, a server judges the client's certificate after the client has begun to send: then the
 * reset of the connection may overtake the reason.
 */
const maxVersion = 'TLSv1.2';

describe('TLS with client certificates', () => {
  it.each(['ann:s3cret', ':of%20the%20default'])(
    'carries queues and channels for %s',
    async (who) => {
      const connection = open(urlFor(who), { tls: { ca, ...client } });
      await using queue = new Queue<number>('q', { connection });
      await using pubsub = new PubSub<string>({ connection });

      const received = queue.receive();
      await queue.send(7);
      expect((await received)?.body).toBe(7);
      const subscription = await pubsub.subscribe('c');
      await pubsub.publish('c', 'hello');
      expect((await subscription.next())?.body).toBe('hello');
    },
  );

  it('carries the heartbeat of a thread', async () => {
    const connection = open(urlFor('ann:s3cret'), { tls: { ca, ...client } });
    await using queue = new Queue<number>('threaded', { connection });
    const errors: Error[] = [];
    const handled = new Promise<number>((resolve) => {
      const consumer = queue.consume(({ body }) => resolve(body), { heartbeat: 'thread' });
      consumer.on('error', (error) => errors.push(error));
    });

    await queue.send(7);

    expect(await handled).toBe(7);
    expect(errors).toEqual([]);
  });

  it.each<[string, () => Connection, object]>([
    [
      'a wrong password',
      () => open(urlFor('ann:wrong'), { tls: { ca, ...client } }),
      { code: 'SERVER', reply: 'WRONGPASS' },
    ],
    [
      'no password',
      () => open(`rediss://localhost:${port}`, { tls: { ca, ...client } }),
      { code: 'SERVER', reply: 'NOAUTH' },
    ],
    [
      'an authority that was not named',
      () => open(urlFor('ann:s3cret'), { tls: client }),
      {
        code: 'CONNECTION',
        retryable: false,
        message: expect.stringMatching(/NODE_EXTRA_CA_CERTS/),
      },
    ],
    [
      'a wrong authority',
      () => open(urlFor('ann:s3cret'), { tls: { ca: pem(files.stranger.cert), ...client } }),
      { code: 'CONNECTION', retryable: false, message: expect.stringMatching(/tls\.ca/) },
    ],
    [
      'no client certificate',
      () => open(urlFor('ann:s3cret'), { tls: { ca, maxVersion } }),
      { code: 'CONNECTION', retryable: false, message: expect.stringMatching(/tls\.cert/) },
    ],
    [
      "a stranger's certificate",
      () =>
        open(urlFor('ann:s3cret'), {
          tls: { ca, maxVersion, cert: pem(files.stranger.cert), key: pem(files.stranger.key) },
        }),
      { code: 'CONNECTION', retryable: false, message: expect.stringMatching(/tls\.cert/) },
    ],
  ])('refuses %s, soon and in words that help', async (_, connectWrongly, expected) => {
    for (const error of await refusals(connectWrongly())) {
      expect(error).toMatchObject(expected);
    }
  });

  it('rejects TLS options for a URL without TLS', () => {
    expect(() => connect('redis://localhost', { tls: { ca } })).toThrow(/rediss:/);
    expect(() => connect({ host: 'localhost' }, { tls: { ca } })).toThrow(/options of ioredis/);
  });
});

describe('the command redpost', () => {
  const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));
  const redpost = (args: string[], url?: string) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { ...process.env, REDIS_URL: url };
      execFile(process.execPath, [bin, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  const trust = ['--cacert', files.authority.cert];
  const own = ['--cert', files.client.cert, '--cert-key', files.client.key];

  it('speaks TLS with --cacert, --cert and --cert-key', async () => {
    const { code, stdout } = await redpost(['ping', ...trust, ...own], urlFor('ann:s3cret'));

    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('PONG') });
  });

  it('says what is wrong with a certificate, and that a file is missing', async () => {
    const untrusted = await redpost(['ping', ...own], urlFor('ann:s3cret'));
    const anonymous = await redpost(['ping', ...trust], urlFor('ann:s3cret'));
    const missing = await redpost(['ping', '--cacert', '/nowhere/ca.pem'], urlFor('ann:s3cret'));

    expect(untrusted).toMatchObject({ code: 1, stderr: expect.stringContaining('authority') });
    // Redis hangs up as soon as it has said so: either may be noticed first.
    expect(anonymous).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/certificate|ECONNRESET/),
    });
    const halved = await redpost(['ping', ...trust, ...own.slice(0, 2)], urlFor('ann:s3cret'));
    expect(halved).toMatchObject({ code: 2, stderr: expect.stringContaining('--cert-key') });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('/nowhere/ca.pem') });
  });

  it('advises against a password among its arguments, and does not repeat it', async () => {
    const given = await redpost(['ping', ...trust, ...own, '--redis', urlFor('ann:s3cret')]);
    const inEnvironment = await redpost(['ping', ...trust, ...own], urlFor('ann:s3cret'));

    expect(given).toMatchObject({ code: 0, stderr: expect.stringContaining('REDIS_URL') });
    expect(given.stderr).not.toContain('s3cret');
    expect(inEnvironment.stderr).toBe('');
  });

  it.each([
    ['--redi=redis://ann:c4n4ry@host', 'ping'],
    ['redis://ann:c4n4ry@host', 'ping'],
    ['ping', 'redis://ann:c4n4ry@host'],
    ['--redis', 'redis://ann:c4n@4ry@127.0.0.1:1', 'ping', '--verbose'],
    ['--redis', 'redis://ann:c4n4ry@host:port', 'ping', '--verbose'],
    ['--redis', 'c4n4ry@host:6379', 'ping', '--verbose'],
    ['--redis', 'ann:c4n4ry@host:6379', 'ping', '--verbose'],
    ['send', 'q', '--redis', 'redis://:c4n4ry@127.0.0.1:1/x', '1', '--verbose'],
  ])('does not print the password of %s %s', async (...args) => {
    const { code, stdout, stderr } = await redpost(args);

    expect(code).not.toBe(0);
    expect(stdout + stderr).not.toMatch(/c4n|4ry/);
  });
});
