import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Redis's protocol by hand: a client that shares no code with ours. */
export interface RawClient {
  write(...args: (string | Buffer)[]): void;
  /** All that came so far. */
  received(): Buffer;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    write(...args) {
      const parts = args.map((arg) => Buffer.from(arg as string));
      const bulks = parts.flatMap((part) => [`$${part.length}\r\n`, part, '\r\n']);
      socket.write(
        Buffer.concat(
          [`*${parts.length}\r\n`, ...bulks].map((part) => Buffer.from(part as string)),
        ),
      );
    },
    received: () => Buffer.concat(chunks),
  };
}
