import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One direction of one connection. */
export interface Way {
  readonly from: 'client' | 'server';
  /** Passes bytes on. */
  write(bytes: Buffer): void;
  /** Breaks the connection, on both sides. */
  cut(): void;
}

/** Handles a chunk of bytes. Later chunks wait until it has resolved. */
export type Passage = (chunk: Buffer, way: Way) => void | Promise<void>;

export const unhindered: Passage = (chunk, { write }) => write(chunk);

/** A connection of a client, and the one that was made for it to the server. */
export class Link {
  passage: Passage = unhindered;
  readonly #client: Socket;
  readonly #server: Socket;
  #isSevered = false;
  #address = '';

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    this.#join('client', client, server);
    this.#join('server', server, client);
    server.once('connect', () => {
      this.#address = `${server.localAddress}:${server.localPort}`;
    });
  }

  /** The client's address, as the server sees it. Empty until the server has accepted it. */
  get address(): string {
    return this.#address;
  }

  get isOpen(): boolean {
    return !this.#client.destroyed;
  }

  /** Drops the connection for good without telling either side, as a router does that has forgotten it. */
  sever(): void {
    this.#isSevered = true;
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #join(from: Way['from'], source: Socket, sink: Socket): void {
    const write = (bytes: Buffer) => {
      if (!this.#isSevered && !sink.destroyed) sink.write(bytes);
    };
    const way: Way = { from, write, cut: () => this.cut() };
    let before: Promise<void> = Promise.resolve();
    source.setNoDelay();
    source.on('data', (chunk: Buffer) => {
      before = before.then(() => this.passage(chunk, way));
    });
    // An error is followed by `close`, which is handled.
    source.on('error', () => {});
    source.once('close', () => {
      if (!this.#isSevered) sink.destroy();
    });
  }
}

/** A TCP proxy between clients and a server of this machine, which simulates a bad network. */
export class TcpProxy implements AsyncDisposable {
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  /** How the bytes of future connections are passed on. */
  #passage: Passage = unhindered;

  private constructor(serverPort: number) {
    this.#listener = createServer((client) => {
      const link = new Link(client, connect(serverPort, '127.0.0.1'));
      link.passage = this.#passage;
      this.#links.add(link);
    });
  }

  static async start(serverPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(serverPort);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The connections that clients have open. */
  get links(): Link[] {
    for (const link of this.#links) if (!link.isOpen) this.#links.delete(link);
    return [...this.#links];
  }

  /**
   * Sets how the bytes of these connections are passed on from now on. Default: all connections, including
   * new ones.
   */
  impose(passage: Passage, links?: readonly Link[]): void {
    if (!links) this.#passage = passage;
    for (const link of links ?? this.#links) link.passage = passage;
  }

  /** All bytes pass again. */
  relieve(): void {
    this.impose(unhindered);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}
