import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Cluster } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { addSlots, nodeArguments } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { needRedis7 } from '../../../tooling/redis-version.js';
import { rejection } from '../../../tooling/rejection.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

/** A server that does this with each socket. */
async function startServer(greet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('the error names the reason when a server accepts no more clients', async () => {
  const { url } = await startOwnRedis();
  const first = openConnection(url);
  await first.ping();
  await first.call('CONFIG', ['SET', 'maxclients', 1]);
  const connection = openConnection(url);

  const waiting = connection.call('PING', [], { timeoutMs: 1000 });

  expect(await rejection(waiting)).toMatchObject({
    code: 'CONNECTION',
    outcome: 'not-executed',
    retryable: true,
    message: expect.stringContaining('max number of clients reached'),
  });
  const told = expect.objectContaining({
    message: expect.stringContaining('max number of clients reached'),
  });
  expect(connection.errors).toEqual(connection.errors.map(() => told));
});

it.each<[string, (socket: Socket, words: string) => void]>([
  ['before it was greeted', (socket, words) => socket.end(words)],
  [
    'while it was greeted',
    (socket, words) => {
      socket.once('data', () => {
        socket.write(words);
        socket.resetAndDestroy();
      });
    },
  ],
])('a server in protected mode that hung up %s fails calls at once', async (_, hangUp) => {
  const url = await startServer((socket) => hangUp(socket, '-DENIED protected mode is on\r\n'));

  expect(await rejection(openConnection(url).call('PING', []))).toMatchObject({
    code: 'SERVER',
    reply: 'DENIED',
    outcome: 'not-executed',
    message: expect.stringContaining('protected mode is on'),
  });
});

it('a Cluster that is not ready says where to look, and one without Cluster mode what it answers', async () => {
  const cluster = await nodeArguments();
  const { port } = await startOwnRedis({ args: cluster });
  const single = await startOwnRedis();
  const reason = async (address: number) => {
    const waiting = openConnection([`127.0.0.1:${address}`]).call('PING', [], { timeoutMs: 1500 });
    const { message, outcome } = (await rejection(waiting)) as { message: string; outcome: string };
    expect(outcome).toBe('not-executed');
    return message;
  };

  expect(await reason(port)).toContain('cluster_state:fail');
  expect(await reason(single.port)).toContain('cluster support disabled');
});

it("a client of the caller's own for a Cluster without addresses says that they are missing", async ({
  skip,
}) => {
  needRedis7(skip);
  const nameless = ['--cluster-preferred-endpoint-type', 'unknown-endpoint'];
  const cluster = [...(await nodeArguments()), ...nameless];
  const { url, port } = await startOwnRedis({ args: cluster });
  const node = openConnection(url);
  await addSlots(node);
  await eventually(async () => String(await node.call('CLUSTER', ['INFO'])).includes('state:ok'));
  const client = new Cluster([{ host: '127.0.0.1', port }]);
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());

  const waiting = openConnection(client).call('PING', [], { timeoutMs: 1500 });

  expect(((await rejection(waiting)) as Error).message).toContain('cluster-announce-ip');
});
