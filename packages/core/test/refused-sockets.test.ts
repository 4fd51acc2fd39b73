import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import type { BlockingCommand, Connection } from '../src/index.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

const pop =
  (key: string): BlockingCommand =>
  (blockMs) => ['BLPOP', key, blockMs / 1000];

/** A connection whose socket for commands works, and to which no other one can be added. */
async function withoutFurtherSockets() {
  const { url } = await startOwnRedis();
  const connection = openConnection(url);
  await connection.ping();
  await connection.call('CONFIG', ['SET', 'requirepass', 'changed']);
  return connection;
}

async function connectionsOf(connection: Connection): Promise<number> {
  const info = String(await connection.call('INFO', ['stats']));
  return Number(/total_connections_received:(\d+)/.exec(info)?.[1]);
}

it('a blocking read whose socket is refused polls on the socket for commands, and this is reported', async () => {
  const connection = await withoutFurtherSockets();
  await connection.call('RPUSH', ['there', 'first']);

  expect(String(await connection.block(pop('there')))).toBe('there,first');
  const later = connection.block(pop('later'));
  await connection.call('RPUSH', ['later', 'second']);
  expect(String(await later)).toBe('later,second');

  expect(await connection.block(pop('never'), { timeoutMs: 50 })).toBeNull();
  expect(connection.errors).toContainEqual(expect.objectContaining({ reply: 'NOAUTH' }));
});

it('the reason of the refusal is reported, and the read can be aborted', async () => {
  const connection = await withoutFurtherSockets();
  await connection.call('SET', ['text', 'x']);
  expect(await rejection(connection.block(pop('text')))).toMatchObject({ reply: 'WRONGTYPE' });

  const abort = new AbortController();
  const read = connection.block(pop('never'), { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
});

/** The same for a user without the rights to what these rules take away. */
async function asUserWithout(...rules: string[]) {
  const { url, port } = await startOwnRedis();
  const admin = openConnection(url);
  const allow = (...more: string[]) => admin.call('ACL', ['SETUSER', 'limited', ...more]);
  await allow('on', '>secret', '~*', '&*', '+@all', ...rules);
  const connection = openConnection(`redis://limited:secret@127.0.0.1:${port}`);
  await connection.ping();
  await allow('resetpass', '>changed');
  return connection;
}

it('without EXEC such a read rejects and says so, and no transaction is left open', async () => {
  const connection = await asUserWithout('-exec');
  await connection.call('RPUSH', ['there', 'x']);
  expect(await rejection(connection.block(pop('there')))).toMatchObject({
    code: 'SERVER',
    message: expect.stringContaining('exec'),
  });
  expect(await connection.call('LLEN', ['there'])).toBe(1);
});

it('without MULTI such a read says so, and loses nothing that it took', async () => {
  const connection = await asUserWithout('-multi');
  await connection.call('RPUSH', ['there', 'x']);
  expect(String(await connection.block(pop('there')))).toBe('there,x');
  expect(await rejection(connection.block(pop('never')))).toMatchObject({
    reply: 'NOPERM',
    message: expect.stringContaining('multi'),
  });
});

it('a read blocks again once its socket is accepted', async () => {
  const connection = await withoutFurtherSockets();
  const read = connection.block(pop('key'));
  await eventually(() => connection.errors.length > 0);
  await connection.call('CONFIG', ['SET', 'requirepass', '']);
  await eventually(async () =>
    String(await connection.call('INFO', ['clients'])).includes('blocked_clients:1'),
  );
  await connection.call('RPUSH', ['key', 'x']);
  expect(String(await read)).toBe('key,x');
});

it('reads that are refused again and again connect less and less often', async () => {
  const connection = await withoutFurtherSockets();
  const before = await connectionsOf(connection);
  const begun = performance.now();
  let reads = 0;
  // As an idle consumer does.
  while (performance.now() - begun < 3000 || reads < 4) {
    await connection.block(pop('never'), { timeoutMs: 50 });
    reads += 1;
  }
  // 100, 200, 400, … ms apart: some more where another socket stood in for it.
  expect((await connectionsOf(connection)) - before).toBeLessThan(12);
});

it('a server that became a replica is asked on few new connections, and without warnings', async () => {
  const { url } = await startOwnRedis();
  const connection = openConnection(url);
  const warnings: string[] = [];
  const warned = ({ message }: Error) => warnings.push(message);
  process.on('warning', warned);
  await connection.call('REPLICAOF', ['127.0.0.1', 1]);
  const before = await connectionsOf(connection);
  const begun = performance.now();
  const writes: Promise<unknown>[] = [];
  while (performance.now() - begun < 3000) {
    for (let n = 0; n < 20; n += 1) {
      writes.push(rejection(connection.call('INCR', ['n'], { timeoutMs: 500 })));
    }
    await pause(50);
  }
  await Promise.all(writes);
  process.off('warning', warned);

  expect((await connectionsOf(connection)) - before).toBeLessThan(8);
  expect(warnings).toEqual([]);
});
