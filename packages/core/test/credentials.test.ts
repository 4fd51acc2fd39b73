import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { type ConnectionTarget, connect } from '../src/index.js';
import { openConnection, startOwnRedis, useRedis } from './support/use-redis.js';

const right = 'the-right-password';
const wrong = 's3cret-and-wrong';
const redis = useRedis({ args: ['--requirepass', right] });

const everythingIn = (error: unknown) =>
  inspect(error, { depth: 10, showHidden: true, maxStringLength: null }) + String(error);

describe('a password', () => {
  it('lets in, and shows nowhere', async () => {
    const connection = openConnection(`redis://:${right}@127.0.0.1:${redis.port}`);
    const events: unknown[] = [];
    connection.on('interrupted', ({ error }) => events.push(error));
    await connection.ping();

    const failures: unknown[] = [
      await rejection(connection.call('NOSUCHCOMMAND', [])),
      connection.address,
      inspect(connection, { depth: 10 }),
    ];
    await connection.call('CLIENT', ['KILL', 'TYPE', 'normal', 'SKIPME', 'no']).catch((error) => {
      failures.push(error);
    });
    await eventually(() => events.length > 0);

    expect(everythingIn([...failures, ...events, ...connection.errors])).not.toContain(right);
  });

  it('that is wrong makes calls reject at once, and is in no error', async () => {
    const connection = openConnection(`redis://:${wrong}@127.0.0.1:${redis.port}`);
    const start = performance.now();

    const errors = await Promise.all([
      rejection(connection.ping()),
      rejection(connection.block((ms) => ['BLPOP', 'list', ms / 1000])),
      rejection(connection.subscribe({ kind: 'channel', name: 'a' }, { message: () => {} })),
    ]);

    expect(idleMsSince(start)).toBeLessThan(3000);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'SERVER', reply: 'WRONGPASS', outcome: 'not-executed' });
    }
    expect(connection.errors.length).toBeGreaterThan(0);
    expect(everythingIn([...errors, ...connection.errors])).not.toContain(wrong);
  });

  it('that is missing makes calls reject at once', async () => {
    const connection = openConnection(redis.url);

    expect(await rejection(connection.ping())).toMatchObject({ reply: 'NOAUTH' });
  });

  it('is in no error of a Cluster that refuses the login', async () => {
    const connection = openConnection([`redis://:${wrong}@127.0.0.1:${redis.port}`], {
      callTimeoutMs: 500,
    });

    const error = await rejection(connection.ping());
    await eventually(() => connection.errors.length > 0);

    expect(everythingIn([error, ...connection.errors])).not.toContain(wrong);
  });

  it("of the caller's own client is in no error", async () => {
    const client = new Redis({ port: redis.port, password: wrong });
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    const connection = openConnection(client);

    const error = await rejection(connection.ping());

    expect(everythingIn([error, ...connection.errors])).not.toContain(wrong);
  });

  it('is in no error of calls in flight when the connection breaks, nor are their arguments', async () => {
    const own = await startOwnRedis({ args: ['--requirepass', right] });
    const connection = openConnection(`redis://:${right}@127.0.0.1:${own.port}`);
    await connection.ping();
    process.kill(own.pid, 'SIGSTOP');

    const call = rejection(connection.call('SET', ['key', 'a-private-body']));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await own.kill();

    const shown = everythingIn([await call, ...connection.errors]);
    expect(shown).not.toContain(right);
    expect(shown).not.toContain('a-private-body');
  });

  it.each<[string, ConnectionTarget]>([
    ['an unknown protocol', `http://:${wrong}@host`],
    ['a broken URL', `redis://:${wrong}@host:port`],
    ['a slash in the password', `redis://user:1/${wrong}@host`],
    ['a percent sign in the password', `redis://:%${wrong}@host`],
    ['no number of a database', `redis://:${wrong}@host/db`],
    ['a prefix for keys', { password: wrong, keyPrefix: 'x' }],
  ])('is not in the complaint about %s', (_, target) => {
    const error = (() => {
      try {
        connect(target);
      } catch (thrown) {
        return thrown;
      }
    })();

    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(everythingIn(error)).not.toContain(wrong);
  });
});
