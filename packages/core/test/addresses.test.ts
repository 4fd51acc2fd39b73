import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
});
