import type { BlockingCommand, BlockOptions } from '../connection/connection.js';
import { isError } from '../error-text.js';
import { isRedpostError } from '../errors.js';
import { checkWait } from '../options/check.js';
import type { Reply } from '../replies.js';
import { inThisContext, outsideContext } from '../runtime/context.js';
import { onAbort } from '../runtime/on-abort.js';
import { clearTimeout, pause, performance, setTimeout } from '../runtime/timers.js';
import type { Link } from './link.js';
import { timerMs } from './timer-ms.js';
import { isRefusal } from './translate-error.js';

export interface BlockingPoolOptions {
  openLink: () => Link;
  /**
   * Ends the blocked read of the client with this id; resolves to false when it is to be asked
   * again. Missing where it cannot be done.
   */
  unblock?: (clientId: number) => Promise<boolean>;
  /** How long one command may block, in ms: on a socket where it can be ended before, and elsewhere. */
  sliceMs: { endable: number; other: number };
  /** The socket for commands: while it works and none for reads can be opened, reads ask there. */
  commands: Link;
}

/** How much later than asked an answer may come before the server counts as silent, in ms. */
const graceMs = 2000;
/** How long a socket may take until it is connected, however short the read is that it is for, in ms. */
const connectMs = 3000;
/** How long to wait before a command is asked for again that does not block, in ms. */
const askMs = { first: 100, longest: 1000 };
/** How long a socket is kept for the next read, in ms. */
const idleMs = 10_000;
/**
 * Blocking for ever is written 0, so nothing shorter than this may be asked for, in ms. Redis 6.2 cuts
 * 0.001 s down to 0.
 */
const shortestMs = 2;

/** How long to wait at most before the end of a read is asked for again, in ms. */
const longestPauseMs = 100;

/** How soon to see whether a new socket is refused, by `performance.now()`. */
function firstLook(patience: number): number {
  return Math.min(patience, performance.now() + askMs.first);
}

interface Socket {
  link: Link;
  clientId: Promise<number> | undefined;
  /** True when it is known which client it is, so that its reads can be ended. */
  isEndable: boolean;
  idleTimer?: NodeJS.Timeout;
}

/** The deadline of a read, and its caller's options. */
interface Wait extends Pick<BlockOptions, 'signal' | 'onReply'> {
  deadline: number;
}

/**
 * Blocking reads, each of which has a socket for itself while it lasts.
 *
 * A read never blocks for long at a time: it is sent in slices, and a watchdog destroys the socket when the
 * answer to a slice is overdue. A client-side timeout that left the command in the server would let it take
 * an element that nobody receives.
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
    checkWait('timeoutMs', timeoutMs);
    const deadline = performance.now() + timeoutMs;
    signal?.throwIfAborted();
    const socket = this.#acquire();
    try {
      const reply = await this.#read(socket, command, { deadline, signal, onReply });
      this.#release(socket);
      return reply;
    } catch (error) {
      // A refused read is repeated on the same socket, because a new one would not know how long the last one
      // had to wait.
      if (isRedpostError(error, 'TIMEOUT')) this.#discard(socket);
      else this.#release(socket);
      throw error;
    }
  }

  close(): void {
    for (const socket of this.#sockets) this.#discard(socket);
  }

  async #read(socket: Socket, command: BlockingCommand, wait: Wait): Promise<Reply> {
    const { deadline, signal } = wait;
    for (;;) {
      if (!socket.link.isUp) {
        const reply = await this.#untilUp(socket, command, wait);
        if (reply !== null) return reply;
        if (performance.now() >= deadline && !socket.link.isUp) return null;
        signal?.throwIfAborted();
      }
      const { endable, other } = this.#options.sliceMs;
      const sliceMs = socket.isEndable ? endable : other;
      const blockMs = Math.min(sliceMs, deadline - performance.now());
      const reply = await this.#slice(socket, command, Math.max(shortestMs, blockMs), wait);
      if (reply !== null) return reply;
      signal?.throwIfAborted();
      if (performance.now() >= deadline) return null;
    }
  }

  /**
   * Resolves with `null` when the socket is connected. As long as it cannot be, though there is a Redis (no
   * more clients are let in, or not with this password), the command is sent on the socket for commands
   * inside a transaction, where it does not block: then it resolves with the result, or with `null` when the
   * time is over.
   */
  async #untilUp(socket: Socket, command: BlockingCommand, wait: Wait): Promise<Reply> {
    const { commands } = this.#options;
    const { deadline, signal, onReply } = wait;
    const { link } = socket;
    // A short wait on a new socket would else be over before the socket is connected.
    const patience = Math.max(deadline, performance.now() + connectMs);
    for (let waitMs = askMs.first; ; waitMs = Math.min(2 * waitMs, askMs.longest)) {
      const isTroubled = link.hasFailed && commands.isUp;
      const until = isTroubled ? performance.now() + waitMs : firstLook(patience);
      try {
        await link.untilUp(Math.min(until, patience), signal);
        return null;
      } catch (error) {
        if (signal?.aborted || isRedpostError(error, 'CLOSED')) throw error;
        if (!link.hasFailed || !commands.isUp) {
          // The error of the server is a refusal of every socket, e.g. of its database.
          const isFinal = isRefusal(error) || isRedpostError(error, 'SERVER');
          if (isFinal || performance.now() >= patience) throw error;
          continue;
        }
      }
      const reply = await this.#ask(command);
      if (reply !== null) {
        onReply?.(reply);
        return reply;
      }
      if (performance.now() >= deadline) return null;
      await pause(Math.min(waitMs, timerMs(deadline)), undefined, { signal, ref: false }).catch(
        () => {
          // Aborted: the code that waits for the socket reports it.
        },
      );
    }
  }

  async #ask(command: BlockingCommand): Promise<Reply> {
    const { commands } = this.#options;
    const [name, ...args] = command(shortestMs);
    const [multi, alone = null, exec] = await commands.sendAll([
      { command: 'MULTI', args: [] },
      { command: name, args },
      { command: 'EXEC', args: [] },
    ]);
    // Where MULTI is not permitted, the command was executed by itself: an element that it took must not get
    // lost.
    if (isRedpostError(multi) && alone !== null && !isRedpostError(alone)) {
      return alone;
    }
    // The error of the command says why it was refused, the error of EXEC only that it was. Either way, the
    // transaction is over.
    for (const refusal of [multi, alone, exec]) if (isRedpostError(refusal)) throw refusal;
    const [reply = null] = exec as Reply[];
    if (isError(reply)) throw commands.translate(reply);
    return reply;
  }

  async #slice(
    socket: Socket,
    command: BlockingCommand,
    blockMs: number,
    { signal, onReply }: Wait,
  ): Promise<Reply> {
    const [name, ...args] = command(Math.ceil(blockMs));
    const overdueAt = performance.now() + blockMs + graceMs;
    socket.link.occupy(blockMs);
    let pending = true;
    const forget = onAbort(signal, () => void this.#unblock(socket, () => pending));
    try {
      return await socket.link.send(name, args, overdueAt, { onReply, isPatient: true });
    } catch (error) {
      if (isRedpostError(error, 'TIMEOUT')) socket.link.destroySocket();
      throw error;
    } finally {
      pending = false;
      forget();
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
    const socket: Socket = { link, clientId: undefined, isEndable: false };
    link.events.on('up', () => {
      if (!this.#options.unblock) return;
      // Without a deadline: a server that is frozen just now answers later, on the same socket.
      socket.clientId = link.send('CLIENT', ['ID'], Number.POSITIVE_INFINITY).then(Number);
      socket.clientId.then(
        () => {
          socket.isEndable = true;
        },
        () => {
          // A caller that wants to unblock awaits the same promise and deals with the failure.
          socket.isEndable = false;
        },
      );
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
