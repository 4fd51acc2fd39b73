import { type AddressInfo, connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** Stands between a client and a server, and keeps what clients send. */
export interface Relay {
  readonly port: number;
  /** The pieces that clients have sent, in their order, as they arrived. */
  readonly pieces: readonly string[];
  /** Keeps back, from now on, each piece that contains this text, and what the same client sends after it. */
  holdBack(text: string): void;
  /** Answers each piece that contains this text itself, from now on. */
  answer(text: string, reply: string): void;
  /** Forgets the connections that there are, as a router does: neither side is told. New ones work. */
  sever(): void;
}

/** A relay to the server at this port, until the test ends. */
export async function startRelay(port: number): Promise<Relay> {
  const pieces: string[] = [];
  let held: string | undefined;
  let own: { text: string; reply: string } | undefined;
  const severings = new Set<() => void>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let isHeld = false;
    let isSevered = false;
    severings.add(() => {
      isSevered = true;
    });
    client.on('data', (chunk) => {
      const piece = chunk.toString('latin1');
      pieces.push(piece);
      if (own && piece.includes(own.text)) {
        client.write(own.reply);
        return;
      }
      isHeld ||= held !== undefined && piece.includes(held);
      if (!isHeld && !isSevered) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isSevered) client.write(chunk);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {});
      socket.once('close', () => isSevered || other.destroy());
      onTestFinished(() => void socket.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    pieces,
    holdBack(text) {
      held = text;
    },
    answer(text, reply) {
      own = { text, reply };
    },
    sever() {
      for (const forget of severings) forget();
      severings.clear();
    },
  };
}
