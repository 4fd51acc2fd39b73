import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { startRedis } from '../src/embedded/index.js';
import { type Connection, connect } from '../src/index.js';
import { recordEvents } from './support/record.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

async function socketsOf(name: string, admin: Connection): Promise<number> {
  const list = String(await admin.call('CLIENT', ['LIST']));
  return list.split('\n').filter((line) => line.includes(`name=${name}:`)).length;
}

describe('a connection that is closed', () => {
  it('closes every socket it has opened, and says so once', async () => {
    const admin = redis.connect();
    const connection = redis.connect({ name: 'closes' });
    const events = recordEvents(connection);
    await connection.ping();
    await connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 1 });
    await connection.subscribe({ kind: 'channel', name: uniqueKey() }, { message: () => {} });
    expect(await socketsOf('closes', admin)).toBe(3);

    await connection.close();
    await connection.close();

    expect(connection.status).toBe('closed');
    expect(events).toEqual(['ready', 'closed']);
    await eventually(async () => (await socketsOf('closes', admin)) === 0);
  });

  it('refuses everything, and opens nothing', async () => {
    const admin = redis.connect();
    const connection = redis.connect({ name: 'refuses' });
    await connection.ping();
    await connection.close();

    const refused = await Promise.all([
      rejection(connection.call('PING', [])),
      rejection(connection.ping()),
      rejection(connection.block((ms) => ['BLPOP', 'list', ms / 1000])),
      rejection(connection.subscribe({ kind: 'channel', name: 'news' }, { message: () => {} })),
    ]);

    for (const error of refused) {
      expect(error).toMatchObject({ code: 'CLOSED', outcome: 'not-executed' });
    }
    await eventually(async () => (await socketsOf('refuses', admin)) === 0);
  });

  it('rejects calls that wait for an answer', async () => {
    const connection = redis.connect({ name: 'waiting' });
    await connection.ping();
    const read = rejection(connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000]));
    const admin = redis.connect();
    await eventually(async () => (await socketsOf('waiting', admin)) === 2);

    await connection.close();

    expect(await read).toMatchObject({ code: 'CLOSED' });
  });

  it('rejects calls that wait for Redis, as not executed', async () => {
    const away = await startRedis();
    await away.stop();
    const connection = openConnection(away.url);
    const waiting = [
      rejection(connection.call('PING', [])),
      rejection(connection.block((ms) => ['BLPOP', 'list', ms / 1000])),
      rejection(connection.subscribe({ kind: 'channel', name: 'a' }, { message: () => {} })),
    ];

    await connection.close();

    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'CLOSED', outcome: 'not-executed' });
    }
  });

  it('is closed by `await using`', async () => {
    const admin = redis.connect();
    {
      await using connection = connect(redis.url, { name: 'disposed' });
      await connection.ping();
    }

    await eventually(async () => (await socketsOf('disposed', admin)) === 0);
  });

  it('emits no more events, whatever fails later', async () => {
    const away = await startRedis();
    await away.stop();
    const connection = connect({ host: '127.0.0.1', port: away.port, lazyConnect: true });
    const heard: string[] = [];
    connection.on('closed', () => heard.push('closed'));
    connection.on('error', () => heard.push('error'));
    const call = rejection(connection.ping());

    await connection.close();
    await call;
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(heard).toEqual(['closed']);
  });
});

describe('a program can end after close', () => {
  it.concurrent.for([
    'idle',
    'at-once',
    'in-flight',
    'reading',
    'subscribed',
    'unreachable',
    'reconnecting',
    'resubscribing',
    'silent-server',
  ])('%s', async (state, { onTestFinished }) => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const program = fileURLToPath(new URL('support/closes-in-state.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, state, server.url, String(server.pid)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));

    // It may have ended before what it said is read.
    const exited = once(child, 'exit');

    await once(child.stdout, 'data');
    const closedAt = performance.now();
    const [code] = await exited;

    expect(code).toBe(0);
    expect(idleMsSince(closedAt)).toBeLessThan(1500);
  });
});
