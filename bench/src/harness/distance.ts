import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a server of this machine, which makes it seem far away. */
export class Distance implements AsyncDisposable {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, wayMs: number) {
    this.#listener = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      this.#carry(client, server, wayMs);
      this.#carry(server, client, wayMs);
    });
  }

  /**
   * @param url of the server.
   * @param wayMs how long everything takes in each direction, in ms.
   */
  static async from(url: string, wayMs: number): Promise<Distance> {
    const distance = new Distance(Number(new URL(url).port), wayMs);
    distance.#listener.listen(0, '127.0.0.1');
    await once(distance.#listener, 'listening');
    return distance;
  }

  /** Where the server seems to be. */
  get url(): string {
    return `redis://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #carry(from: Socket, to: Socket, wayMs: number): void {
    this.#sockets.add(from);
    from.setNoDelay();
    // Timers of one length fire in their order, so pieces do not overtake each other.
    from.on('data', (piece) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(piece);
      }, wayMs);
    });
    // An error is followed by `close`, which is handled.
    from.on('error', () => {});
    from.once('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
