import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hearOut } from './hear-out.js';

/** Both ends of a socket, and what becomes of ours. */
async function sockets() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(stream, 'connect')])) as [
    [Socket],
    unknown,
  ];
  onTestFinished(() => {
    for (const socket of [stream, peer]) socket.destroy();
    server.close();
  });
  hearOut({ stream } as unknown as Redis);
  let heard = '';
  let error: Error | undefined;
  stream.on('data', (chunk) => {
    heard += String(chunk);
  });
  stream.on('error', (thrown) => {
    error = thrown;
  });
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return {
    stream,
    peer,
    async untilClosed() {
      await closed;
      return { heard, error };
    },
  };
}

describe('a socket that is read to its end', () => {
  it('delivers data that had been sent when writing fails, and then fails as usual', async () => {
    const { stream, peer, untilClosed } = await sockets();
    peer.write('+OK\r\n-ERR Protocol error\r\n');
    peer.resetAndDestroy();
    stream.write('x');

    expect(await untilClosed()).toEqual({
      heard: '+OK\r\n-ERR Protocol error\r\n',
      error: expect.objectContaining({ syscall: 'write' }),
    });
  });

  it.each<[string, (peer: Socket) => void]>([
    ['that was closed', (peer) => peer.end()],
    ['that was reset', (peer) => peer.resetAndDestroy()],
  ])('%s fails with what the server said, if that is all it said', async (_, hangUp) => {
    const { stream, peer, untilClosed } = await sockets();
    peer.write('-ERR max number of clients reached\r\n');
    hangUp(peer);
    stream.write('x');

    const { error } = await untilClosed();
    expect(error).toMatchObject({
      name: 'ReplyError',
      message: 'ERR max number of clients reached',
    });
  });

  it('does not fail for an error that was answered, once more has come', async () => {
    const { peer, stream, untilClosed } = await sockets();
    peer.write('-ERR unknown command HELLO\r\n');
    await once(stream, 'data');
    peer.write('+OK\r\n');
    await once(stream, 'data');
    peer.end();

    expect((await untilClosed()).error).toBeUndefined();
  });

  it('is destroyed at once when we want that, or when it is not being read', async () => {
    const destroyed = await sockets();
    destroyed.stream.destroy();
    expect(destroyed.stream.destroyed).toBe(true);

    const { stream, peer, untilClosed } = await sockets();
    stream.pause();
    peer.write('+OK\r\n');
    peer.resetAndDestroy();
    stream.write('x');
    expect((await untilClosed()).heard).toBe('');
  });
});
