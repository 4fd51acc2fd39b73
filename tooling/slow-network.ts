import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SlowNetwork {
  /** Where the server is reached by it. */
  readonly url: string;
  /** How many bytes it has brought from the server so far, over all sockets. */
  readonly received: number;
  close(): void;
}

/** A way to a server on this machine by which each socket receives so many bytes a second at most. */
export async function slowNetwork(url: string, bytesPerSecond: number): Promise<SlowNetwork> {
  const sockets = new Set<Socket>();
  let received = 0;
  const proxy = createServer((client) => {
    const server = connect(Number(new URL(url).port), '127.0.0.1');
    client.pipe(server);
    let left = 0;
    const timer = setInterval(() => {
      left = Math.min(left + bytesPerSecond / 100, bytesPerSecond / 20);
      while (left >= 1) {
        const wanted = Math.min(server.readableLength, Math.floor(left));
        const chunk = wanted > 0 ? (server.read(wanted) as Buffer | null) : null;
        if (!chunk) break;
        left -= chunk.length;
        received += chunk.length;
        client.write(chunk);
      }
    }, 10);
    server.on('readable', () => {});
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(timer);
        client.destroy();
        server.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${port}`,
    get received() {
      return received;
    },
    close() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
