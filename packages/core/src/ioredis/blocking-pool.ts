import { setTimeout as pause } from 'node:timers/promises';
import type { BlockingCommand, BlockOptions, Reply } from '../connection.js';
import { inThisContext, outsideContext } from '../context.js';
import { OutOfMemoryError, TimeoutError } from '../errors.js';
import type { Link } from './link.js';

export interface BlockingPoolOptions {
  openLink: () => Link;
  /**
   * Ends the blocked read of the client with this id; resolves to false when it is to be asked
   * again. Missing where it cannot be done.
   */
  unblock?: (clientId: number) => Promise<boolean>;
  /** How long one command may block, in ms. */
  sliceMs: number;
}

/** How much later than asked an answer may come before the server counts as silent, in ms. */
const graceMs = 2000;
/** How long a socket is kept for the next read, in ms. */
const idleMs = 10_000;
/**
 * Blocking for ever is written 0, so nothing shorter than this may be asked for, in ms. Redis 6.2 cuts
 * 0.001 s down to 0.
 */
const shortestMs = 2;

/** How long to wait at most before the end of a read is asked for again, in ms. */
const longestPauseMs = 100;

interface Socket {
  link: Link;
  clientId: Promise<number> | undefined;
  idleTimer?: NodeJS.Timeout;
}

/** Until when, and for whom. */
interface Wait extends Pick<BlockOptions, 'signal' | 'onReply'> {
  deadline: number;
}

/**
 * Blocking reads, each on a socket that it has for itself while it lasts.
 *
 * A read never blocks for long at a time: it is sent in slices, and a watchdog destroys the socket
 * when the answer to a slice is overdue. A client-side timeout that left the command in the server
 * would let it take an element that nobody receives.
 */
export class BlockingPool {
  readonly #options: BlockingPoolOptions;
  readonly #sockets = new Set<Socket>();
  readonly #idle: Socket[] = [];

  constructor(options: BlockingPoolOptions) {
    this.#options = options;
  }

  async block(command: BlockingCommand, options: BlockOptions): Promise<Reply> {
    const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
    const onReply = options.onReply && inThisContext(options.onReply);
    const deadline = performance.now() + timeoutMs;
    signal?.throwIfAborted();
    const socket = this.#acquire();
    try {
      const reply = await this.#read(socket, command, { deadline, signal, onReply });
      this.#release(socket);
      return reply;
    } catch (error) {
      // Whoever asks a full server asks again and again: not on a new socket each time.
      if (error instanceof OutOfMemoryError) this.#release(socket);
      else this.#discard(socket);
      throw error;
    }
  }

  close(): void {
    for (const socket of this.#sockets) this.#discard(socket);
  }

  async #read(socket: Socket, command: BlockingCommand, wait: Wait): Promise<Reply> {
    const { deadline, signal } = wait;
    if (!socket.link.isUp) {
      // A short wait on a new socket would else be over before the socket is connected.
      await socket.link.untilUp(Math.max(deadline, performance.now() + graceMs), signal);
      signal?.throwIfAborted();
    }
    for (;;) {
      const blockMs = Math.min(this.#options.sliceMs, deadline - performance.now());
      const reply = await this.#slice(socket, command, Math.max(shortestMs, blockMs), wait);
      if (reply !== null) return reply;
      signal?.throwIfAborted();
      if (performance.now() >= deadline) return null;
    }
  }

  async #slice(
    socket: Socket,
    command: BlockingCommand,
    blockMs: number,
    { signal, onReply }: Wait,
  ): Promise<Reply> {
    const [name, ...args] = command(Math.ceil(blockMs));
    const overdueAt = performance.now() + blockMs + graceMs;
    let pending = true;
    const onAbort = () => void this.#unblock(socket, () => pending);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await socket.link.send(name, args, overdueAt, onReply);
    } catch (error) {
      if (error instanceof TimeoutError) socket.link.destroySocket();
      throw error;
    } finally {
      pending = false;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Asks the server to answer a blocked read now. The request travels on another socket, so it may
   * arrive before the read it is meant for: then it is repeated. When it cannot be made, the read
   * ends with its slice.
   */
  async #unblock(socket: Socket, isPending: () => boolean): Promise<void> {
    const { unblock } = this.#options;
    if (!unblock || !socket.clientId) return;
    try {
      const clientId = await socket.clientId;
      for (let waitMs = 5; isPending() && !(await unblock(clientId)); waitMs *= 2) {
        await pause(Math.min(waitMs, longestPauseMs));
      }
    } catch {
      // Not permitted, or the connection broke: the slice runs out by itself.
    }
  }

  #acquire(): Socket {
    const idle = this.#idle.pop();
    if (idle) {
      clearTimeout(idle.idleTimer);
      return idle;
    }
    return outsideContext(() => this.#open());
  }

  #open(): Socket {
    const link = this.#options.openLink();
    const socket: Socket = { link, clientId: undefined };
    link.events.on('up', () => {
      if (!this.#options.unblock) return;
      // Without a deadline: a server that is frozen just now answers later, on the same socket.
      socket.clientId = link.send('CLIENT', ['ID'], Number.POSITIVE_INFINITY).then(Number);
      socket.clientId.catch(() => {
        // Whoever wants to unblock awaits the same promise and deals with the failure.
      });
    });
    this.#sockets.add(socket);
    return socket;
  }

  #release(socket: Socket): void {
    if (!this.#sockets.has(socket)) return;
    socket.idleTimer = outsideContext(() =>
      setTimeout(() => this.#discard(socket), idleMs).unref(),
    );
    this.#idle.push(socket);
  }

  #discard(socket: Socket): void {
    clearTimeout(socket.idleTimer);
    this.#sockets.delete(socket);
    const at = this.#idle.indexOf(socket);
    if (at >= 0) this.#idle.splice(at, 1);
    socket.link.close();
  }
}
