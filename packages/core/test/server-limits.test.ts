import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addSlots, nodeArguments } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { startPair } from '../../../tooling/replication.js';
import { startRedis } from '../src/embedded/index.js';
import { type Connection, connect } from '../src/index.js';
import { openConnection, startOwnRedis, uniqueKey } from './support/use-redis.js';

/** Each setting that bounds what a server takes, and what it answers when that is exceeded. */
const limits = [
  { args: ['--proto-max-bulk-len', '1mb'], says: 'Protocol error: invalid bulk length' },
  { args: ['--client-query-buffer-limit', '2mb'], says: 'its limit is 2097152 bytes' },
];

const large = 'x'.repeat(4_000_000);
const refused = (says: string) => ({
  code: 'MESSAGE_TOO_LARGE',
  outcome: 'not-executed',
  retryable: false,
  bytes: large.length,
  message: expect.stringContaining(says),
});

/** Sends a large element among others, in one tick and in one line, and something else beside it. */
async function sendAmongOthers(connection: Connection, replicas = 0) {
  const key = uniqueKey();
  await connection.ping();
  const push = (element: string) =>
    connection.call('RPUSH', [key, element], { line: key, replicas });
  const before = ['1', '2'].map(push);
  const refusal = rejection(push(large));
  const after = ['3', '4'].map(push);
  const other = connection.call('INCR', [uniqueKey()]);
  await Promise.all([...before, ...after, other]);
  return { refusal: await refusal, list: String(await connection.call('LRANGE', [key, 0, -1])) };
}

describe.each(limits)('under $args.0', ({ args, says }) => {
  it('a call that is too large fails alone and says so, and the others keep their order', async () => {
    const { url } = await startOwnRedis({ args });
    const connection = openConnection(url);

    const { refusal, list } = await sendAmongOthers(connection);

    expect(refusal).toMatchObject(refused(says));
    expect(list).toBe('1,2,3,4');
    expect(await rejection(connection.call('ECHO', [large]))).toMatchObject(refused(says));
  });

  it("so it does by a client of the caller's own", async () => {
    const { url } = await startOwnRedis({ args });
    const client = new Redis(url, {
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());

    const { refusal, list } = await sendAmongOthers(openConnection(client));

    expect(refusal).toMatchObject(refused(says));
    expect(list).toBe('1,2,3,4');
  });

  it('so it does when replicas are to have it', async () => {
    const { master, replica } = await startPair({ startRedis, connect });
    onTestFinished(async () => void (await Promise.all([master.stop(), replica.stop()])));
    const connection = openConnection(master.url);
    const [, name = '', size = ''] = /^--(\S+) (\S+)$/.exec(args.join(' ')) ?? [];
    await connection.call('CONFIG', ['SET', name, size]);

    const { refusal, list } = await sendAmongOthers(connection, 1);

    expect(refusal).toMatchObject(refused(says));
    expect(list).toBe('1,2,3,4');
  });

  it('so it does in a Cluster', async () => {
    const { url, port } = await startOwnRedis({ args: [...args, ...(await nodeArguments())] });
    const node = openConnection(url);
    await addSlots(node);
    await eventually(async () => String(await node.call('CLUSTER', ['INFO'])).includes('state:ok'));
    const connection = openConnection([`127.0.0.1:${port}`]);

    const { refusal, list } = await sendAmongOthers(connection);

    expect(refusal).toMatchObject(refused(says));
    expect(list).toBe('1,2,3,4');
  });
});

it('the interruption has the message that the server sent before it closed the connection', async () => {
  const { url } = await startOwnRedis({ args: limits[0]?.args ?? [] });
  const connection = openConnection(url);
  await connection.ping();
  const interrupted = new Promise<Error>((resolve) => {
    connection.on('interrupted', ({ error }) => resolve(error));
  });

  await rejection(connection.call('ECHO', [large]));

  expect((await interrupted).message).toContain('invalid bulk length');
});

it('where the limits may not be asked for, the error of a large call names them', async () => {
  const { url, port } = await startOwnRedis({ args: limits[1]?.args ?? [] });
  const rules = ['on', '>secret', '~*', '+@all', '-config'];
  await openConnection(url).call('ACL', ['SETUSER', 'limited', ...rules]);
  const connection = openConnection(`redis://limited:secret@127.0.0.1:${port}`);

  expect(await rejection(connection.call('ECHO', [large]))).toMatchObject({
    code: 'CONNECTION',
    outcome: 'unknown',
    message: expect.stringMatching(/4000000 bytes.*client-query-buffer-limit/),
  });
});
