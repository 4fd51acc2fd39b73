import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { mayBeTooLarge } from '../codecs/message-size.js';
import { within } from '../consuming/within.js';
import { isRedpostError, type RedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import { outsideContext } from '../runtime/context.js';
import { Emitter, type Unlisten } from '../runtime/emitter.js';
import {
  clearInterval,
  clearTimeout,
  nextTick,
  pause,
  performance,
  setInterval,
  setTimeout,
} from '../runtime/timers.js';
import { canSend, hasEnded } from './client-state.js';
import { neverSent } from './cluster-nodes.js';
import { isCluster, isNode, masterOf, slotOf } from './cluster-slot.js';
import { commandName } from './command-name.js';
import { Doubt } from './doubt.js';
import { readEarly } from './early-reply.js';
import type { Failover } from './failover.js';
import { FormerPrimary, serverOf } from './former-primary.js';
import { Gate } from './gate.js';
import { hearOut } from './hear-out.js';
import {
  closedError,
  endedError,
  lostError,
  notSentError,
  unansweredError,
  unreachableError,
  whyNotReady,
} from './link-errors.js';
import { databaseOf } from './login.js';
import { LoneCalls } from './lone-calls.js';
import { nodesOf, Patience } from './patience.js';
import { withSizeLimit } from './size-limits.js';
import { standstill } from './standstill.js';
import type { Client } from './target.js';
import {
  hasAskedNobody,
  hasMoved,
  isRefusal,
  mayResend,
  refusedDatabase,
  refusesDatabase,
  translateError,
} from './translate-error.js';
import { WaitingLines } from './waiting-lines.js';

export interface LinkOptions {
  address: string;
  /** Makes the client, and a new one whenever the last has given up. */
  create: () => Client;
  /** False for a client of the caller's: it is used, but never closed. */
  owned?: boolean;
  /** How often an idle link asks whether the server is still there, in ms; 0 for never. */
  keepAliveMs: number;
  /** Whether it speaks TLS: for advice when it cannot connect. */
  usesTls?: boolean;
  /** Tells of a failover: the client is replaced after it. */
  sentinels?: Failover | undefined;
  /**
   * Whether calls wait while a failover happens, and while it is in doubt whether the socket still leads
   * anywhere. Default true. Where they do not, the user of the link asks the server.
   */
  holdsCalls?: boolean;
  /** How long the server may take to answer after this process stood still, in ms. */
  doubtMs: number;
}

interface LinkEvents {
  /** The server answers; `downMs` is missing at the first time. */
  up: { downMs?: number };
  /** The server answered until now, and no longer does. */
  down: RedpostError;
  error: RedpostError;
}

/** How one command is sent. */
export interface SendOptions {
  /** Gets an answer that is not `null` before the promise resolves with it. */
  onReply?: ((reply: Reply) => void) | undefined;
  /**
   * Whether the deadline is put off while anything is arriving: answers come in the order of their
   * commands, so it is this one, or one that stands before it.
   */
  isPatient?: boolean;
}

/** Why a socket was cut. */
const unanswered = 'the server did not answer after this process had stood still';

/** How long to wait for the server's answer about its limits, in ms. */
const longestAskMs = 2000;

/** How long to wait before a new client is made in place of one that has given up, in ms. */
const recreateMs = 250;

/**
 * One client of ioredis with the functions that it lacks: a gate that holds calls back until the server
 * answers, so that no call stays in an offline queue after its caller has given up; a deadline on every call;
 * errors that say whether the command may have been executed.
 *
 * States: connecting -> up -> down -> up … -> closed (from any state, final).
 */
export class Link {
  readonly events = new Emitter<LinkEvents>();
  readonly #options: LinkOptions;
  readonly #isOwned: boolean;
  readonly #gate = new Gate(() => this.isUp);
  readonly #keepAlive: NodeJS.Timeout | undefined;
  #lines: WaitingLines<Client> | undefined;
  #keylessLines: WaitingLines<Client> | undefined;
  readonly #doubt: Doubt;
  readonly #lone = new LoneCalls();
  #client: Client;
  #detach: () => void = () => {};
  #isUp = false;
  /** The database is refused: ioredis would call the client ready, and use database 0. */
  #isRefused = false;
  /** The server answers, but is about to be replaced: see {@link SentinelWatch}. */
  #isHeld = false;
  /** Of a client of the caller's: the server that it was connected to last. */
  #server: string | undefined;
  #former: FormerPrimary | undefined;
  /** How often this process stood still, and the server has not answered since. */
  #doubts = 0;
  #downSince: number | undefined;
  #lastError: RedpostError | undefined;
  /** Why the server is hanging up. */
  #lastWords: RedpostError | undefined;
  #recreateTimer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #unlisten: Unlisten[];

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#isOwned = options.owned !== false;
    this.#unlisten = [
      ...this.#hear(options.sentinels),
      standstill.on(() => void this.#askServer()),
    ];
    this.#doubt = new Doubt({
      withinMs: options.doubtMs,
      cut: (node) => {
        if (node === this.#client) this.#down(unanswered);
        node.stream?.destroy();
      },
    });
    this.#client = this.#open();
    if (options.keepAliveMs > 0) {
      this.#keepAlive = setInterval(() => this.#ping(), options.keepAliveMs).unref();
    }
  }

  /**
   * Whether a command that is sent now can be expected to arrive. The client changes its status at once and
   * emits the event a tick later: both must agree.
   */
  get isUp(): boolean {
    standstill.notice();
    const isWaiting = this.#isHeld || this.#doubts > 0;
    return this.#isUp && !isWaiting && canSend(this.#client, this.#isOwned) && !this.#closed;
  }

  /** True when the last attempt to connect has failed. */
  get hasFailed(): boolean {
    return this.#lastError !== undefined;
  }

  /** The number of the database that commands go to. */
  get database(): number {
    const client = this.#client;
    return 'condition' in client ? databaseOf(client) : 0;
  }

  /** The user that it logs in as; undefined for the default one. */
  get username(): string | undefined {
    const { options } = this.#client;
    return (
      ('redisOptions' in options ? options.redisOptions : (options as RedisOptions))?.username ??
      undefined
    );
  }

  /**
   * Sends one command, when the server answers, before `deadline` (by `performance.now()`).
   *
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError.
   */
  call(
    command: string,
    args: readonly Argument[],
    deadline: number,
    options?: SendOptions,
  ): Promise<Reply> {
    return this.attempt(() => this.send(command, args, deadline, options), deadline);
  }

  /** Sends one command once to each node of a Cluster, or to the server. Resolves with the result of each. */
  async callEachNode(
    command: string,
    args: readonly Argument[],
    deadline: number,
  ): Promise<(Reply | RedpostError)[]> {
    if (!this.#isOpen) await this.untilUp(deadline);
    // Otherwise it would not know of replicas that are new, or that were away.
    if (isCluster(this.#client)) {
      await within(refreshed(this.#client), deadline - performance.now());
    }
    const ask = async (node: Redis) => {
      // Nodes that nothing was asked of yet are not connected.
      if (node.status === 'wait') {
        await within(
          outsideContext(() => node.connect()),
          deadline - performance.now(),
        );
      }
      return this.#sendBy(node, command, args, deadline);
    };
    const explained = (error: unknown) => (isRedpostError(error) ? error : this.translate(error));
    return Promise.all(nodesOf(this.#client).map((node) => ask(node).catch(explained)));
  }

  /**
   * Like {@link call}, but nothing overtakes it that is sent later in the same `line`: in a Cluster, a
   * key of the command. One without a key is always sent to the same node, as long as that is there.
   */
  callInLine(
    line: string,
    command: string,
    args: readonly Argument[],
    deadline: number,
    options?: SendOptions,
  ): Promise<Reply> {
    const isKeyless =
      isCluster(this.#client) && (command === 'PUBLISH' || (command === 'EVAL' && args[1] === 0));
    const lines = isKeyless ? this.#linesWithoutKey() : this.#linesOfKeys();
    const send = (route: () => Client, isAlone: boolean) => {
      // One that is alone is redirected by the client itself.
      const client = isAlone && !isKeyless ? this.#client : route();
      return this.#sendBy(client, command, args, deadline, options);
    };
    return lines.add(line, {
      deadline,
      send: (route, isAlone) => {
        if (this.#isOpen) return send(route, isAlone);
        return this.untilUp(deadline).then(() => send(route, isAlone));
      },
    });
  }

  /** Only sockets for commands have such calls. */
  #linesOfKeys(): WaitingLines<Client> {
    this.#lines ??= new WaitingLines<Client>({
      routeTo: (line) => this.#routeTo(line),
      expired: (refusal) => this.expired(refusal),
    });
    return this.#lines;
  }

  #linesWithoutKey(): WaitingLines<Client> {
    this.#keylessLines ??= new WaitingLines<Client>({
      routeTo: (line) => steady(this.#routeTo(line)),
      expired: (refusal) => this.expired(refusal),
    });
    return this.#keylessLines;
  }

  /** Whether a new call need not wait at the gate. */
  get #isOpen(): boolean {
    return this.isUp && !this.#gate.isAdmitting;
  }

  /** Sends once, when the server answers. */
  whenUp(send: () => Promise<Reply>, deadline: number): Promise<Reply> {
    return this.#isOpen ? send() : this.untilUp(deadline).then(send);
  }

  /** Sends when the server answers, and again as long as Redis says that it did not execute the command. */
  async attempt(send: () => Promise<Reply>, deadline: number): Promise<Reply> {
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 100)) {
      if (!this.#isOpen) await this.untilUp(deadline);
      try {
        return await send();
      } catch (error) {
        if (!mayResend(error) || performance.now() + waitMs > deadline) throw error;
        await pause(waitMs);
      }
    }
  }

  /** Sends one command now, once. The deadline passing leaves the command's outcome unknown. */
  send(
    command: string,
    args: readonly Argument[],
    deadline: number,
    options?: SendOptions,
  ): Promise<Reply> {
    return this.#sendBy(this.#client, command, args, deadline, options);
  }

  #sendBy(
    client: Client,
    command: string,
    args: readonly Argument[],
    deadline: number,
    options?: SendOptions,
  ): Promise<Reply> {
    const isAlone = mayBeTooLarge(args);
    if (!isAlone && this.#lone.isOpen) return this.#write(client, command, args, deadline, options);
    const sent = this.#lone.add({
      isAlone,
      deadline,
      send: () => this.#write(client, command, args, deadline, options),
      expired: () => notSentError(this.#options.address, 'where a large one has to be taken first'),
    });
    if (!isAlone) return sent;
    return sent.catch(async (error) => {
      throw await this.explained(error, args, deadline);
    });
  }

  #write(
    client: Client,
    command: string,
    args: readonly Argument[],
    deadline: number,
    { onReply, isPatient = false }: SendOptions = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (client.status === 'end' || (!this.#isOwned && !canSend(client, false))) {
        throw this.translate(new Error(neverSent));
      }
      // Before the timer: it throws for arguments that cannot be sent, e.g. more bytes than a string can
      // hold.
      const answer = client.callBuffer(commandName(command), args as Argument[]);
      this.#lone.sent();
      const stopReading = onReply && readEarly(client, onReply);
      let isGivenUp = false;
      const giveUp = () => {
        isGivenUp = true;
        this.#lone.ended();
        stopReading?.();
        reject(unansweredError(this.#options.address, command));
      };
      const patience = new Patience(deadline, giveUp, isPatient ? client : undefined);
      answer.then(
        (answered) => {
          if (!isGivenUp) this.#lone.ended();
          const reply = answered as Reply;
          const isUnread = stopReading?.();
          if (reply !== null && isUnread) onReply?.(reply);
          patience.end();
          resolve(reply);
        },
        (error) => {
          stopReading?.();
          patience.end();
          reject(this.translate(error));
          if (!isGivenUp) this.#lone.ended();
        },
      );
    });
  }

  /**
   * Sends commands in a row on one socket: in a Cluster that of the node which has their keys. Resolves with
   * the result of each, however long that takes.
   */
  async sendAll(
    commands: readonly { command: string; args: readonly Argument[] }[],
  ): Promise<(Reply | RedpostError)[]> {
    try {
      const pipeline = this.#client.pipeline();
      for (const { command, args } of commands) {
        pipeline.callBuffer(commandName(command), args as Argument[]);
      }
      const results = (await pipeline.exec()) ?? [];
      return results.map(([error, reply]) => (error ? this.translate(error) : (reply as Reply)));
    } catch (error) {
      return commands.map(() => this.translate(error));
    }
  }

  /**
   * Where calls of a line go now: in a Cluster straight to the master of their key, so that its
   * redirections are seen here. Followed one by one, they would let calls overtake each other.
   */
  #routeTo(line: string): () => Client {
    if (!isCluster(this.#client)) return () => this.#client;
    const slot = slotOf(line);
    return () => masterOf(this.#client, slot);
  }

  /** The error of a call that was waiting in its line. */
  expired(refusal: RedpostError | undefined): RedpostError {
    if (!this.isUp) return unreachableError(this.#options, this.#lastError);
    const why = 'which has not answered earlier ones about the same key';
    return refusal ?? notSentError(this.#options.address, why);
  }

  /** The error of a call with these arguments, with more of the reason if it may have been its size. */
  explained(error: unknown, args: readonly Argument[], deadline: number): Promise<unknown> {
    const { address } = this.#options;
    const ask = (name: string) => {
      const until = Math.min(deadline, performance.now() + longestAskMs);
      return this.call('CONFIG', ['GET', name], until);
    };
    return withSizeLimit(error, args, { address, ask });
  }

  /** The client of the server that has these keys; of a Cluster, if it is known. */
  clientOf([key]: readonly string[]): Client | undefined {
    if (!isCluster(this.#client)) return this.#client;
    if (key === undefined) return undefined;
    const node = masterOf(this.#client, slotOf(key));
    return node === this.#client ? undefined : node;
  }

  /** Of a Cluster: the master that has this slot and its replicas, as far as is known. */
  nodesOf(slot: number): string {
    return isCluster(this.#client) ? String(this.#client.slots[slot]) : '';
  }

  /**
   * Resolves when the server answers.
   *
   * @throws ConnectionError when `deadline` passes first, with the last reason.
   * @throws ServerError at once when the server refuses us, e.g. for a wrong password.
   * @throws the signal's reason when it is aborted.
   */
  untilUp(deadline: number, signal?: AbortSignal): Promise<void> {
    const { address } = this.#options;
    if (this.#closed) return Promise.reject(closedError(address, 'not-executed'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (!this.#isOwned && hasEnded(this.#client)) return Promise.reject(endedError(address));
    this.#connectIfLazy();
    const expired = () => unreachableError(this.#options, this.#lastError);
    return this.#gate.wait({ deadline, expired, signal });
  }

  /** The next command may keep the server silent for this long, in ms. */
  occupy(forMs: number): void {
    this.#doubt.occupy(forMs);
  }

  /**
   * Closes the socket, e.g. of a silent server. A new one is made automatically.
   *
   * @param reason the error to report, if there is a special reason.
   */
  destroySocket(reason?: RedpostError): void {
    if (reason) this.#lastError = reason;
    if ('stream' in this.#client) this.#client.stream?.destroy();
    else this.#client.disconnect(true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#keepAlive);
    clearTimeout(this.#recreateTimer);
    for (const unlisten of this.#unlisten) unlisten();
    this.#detach();
    const error = closedError(this.#options.address, 'not-executed');
    this.#gate.refuse(error);
    if (!this.#isOwned) return;
    this.#client.on('error', ignore);
    this.#client.disconnect();
  }

  #hear(sentinels: Failover | undefined): Unlisten[] {
    if (!sentinels) return [];
    const { events } = sentinels;
    const switched = events.on('switched', () => this.#replace());
    if (this.#options.holdsCalls === false) return [switched];
    this.#isHeld = sentinels.isLeaving;
    const leaving = events.on('leaving', () => {
      this.#isHeld = true;
    });
    return [switched, leaving, events.on('staying', () => this.#letGo())];
  }

  #letGo(): void {
    this.#isHeld = false;
    this.#gate.admit();
  }

  /** This process stood still. Until the server has answered, calls wait. */
  async #askServer(): Promise<void> {
    const client = this.#client;
    if (!this.#isUp) return this.#hurry(client);
    if (this.#options.holdsCalls === false) return;
    this.#doubts += 1;
    const isThere = await this.#doubt.dispel(client);
    // Otherwise it would find the other nodes only by redirections.
    if (!isThere && isCluster(client)) await refreshed(client);
    this.#doubts -= 1;
    this.#gate.admit();
  }

  /** A socket on which the server is being greeted. Nothing was sent yet, so another one will do. */
  async #hurry(client: Client): Promise<void> {
    if (isCluster(client) || client.status !== 'connect' || !this.#isOwned) return;
    const { stream } = client;
    await pause(this.#options.doubtMs, undefined, { ref: false });
    if (client.status === 'connect' && client.stream === stream) stream?.destroy();
  }

  /** There is another primary. Calls that the old one has not answered by now are not waited for. */
  #replace(): void {
    const client = this.#client;
    this.#isHeld = false;
    if (!this.#isOwned) {
      if (this.#server !== undefined) this.#former = new FormerPrimary(this.#server);
      client.disconnect(true);
      return;
    }
    clearTimeout(this.#recreateTimer);
    this.#detach();
    client.on('error', ignore);
    client.disconnect();
    if ('stream' in client) client.stream?.destroy();
    this.#lastError = undefined;
    this.#down('another server has become the primary');
    this.#client = this.#open();
    this.#connectIfLazy();
  }

  #open(): Client {
    const client = outsideContext(this.#options.create);
    if (this.#isOwned) client.on('+node', connectOutsideContext);
    const listeners = {
      ready: () => this.#up(),
      close: () => {
        this.#isRefused = false;
        if (isCluster(client) && !this.#isUp && !this.#lastError) this.#fail(whyNotReady(client));
        this.#down();
      },
      error: this.#fail,
      end: () => this.#recreate(),
      ...(isCluster(client)
        ? { 'node error': this.#nodeFailed, '+node': hearOutNode }
        : { connect: () => hearOut(client) }),
    };
    for (const [event, listener] of Object.entries(listeners)) client.on(event, listener);
    this.#detach = () => {
      for (const [event, listener] of Object.entries(listeners)) client.off(event, listener);
    };
    if (client.status === 'ready') nextTick(() => this.#up());
    for (const node of nodesOf(client)) if (node.status === 'ready') hearOut(node);
    return client;
  }

  readonly #nodeFailed = (thrown: unknown): void => {
    // At once: ioredis is about to send what waits for this node, to database 0.
    if (refusesDatabase(thrown)) this.#fail(thrown);
    else if (!this.#isUp) this.#lastError = this.translate(thrown);
  };

  #up(): void {
    if (this.#isUp || this.#closed || this.#isRefused) return;
    if (!this.#isOwned && this.#isWithFormer()) return;
    this.#isUp = true;
    this.#lastError = undefined;
    this.#lastWords = undefined;
    const downSince = this.#downSince;
    this.#downSince = undefined;
    this.#gate.admit();
    this.events.emit(
      'up',
      downSince === undefined ? {} : { downMs: performance.now() - downSince },
    );
  }

  /** A Sentinel has sent a client of the caller's back to the old primary: it is sent to ask again. */
  #isWithFormer(): boolean {
    const client = this.#client;
    if (this.#former?.serves(client)) {
      client.disconnect(true);
      return true;
    }
    this.#server = serverOf(client);
    return false;
  }

  #down(why = 'it was closed'): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#downSince = performance.now();
    const error = this.#lastWords ?? this.#lastError ?? lostError(this.#options.address, why);
    this.events.emit('down', error);
  }

  /** Only a client that has given up ends: one of ours gets a successor. */
  #recreate(): void {
    this.#down();
    if (this.#closed) return;
    if (!this.#isOwned) {
      this.#gate.refuse(endedError(this.#options.address));
      return;
    }
    this.#detach();
    this.#recreateTimer = setTimeout(() => {
      this.#client = this.#open();
      this.#connectIfLazy();
    }, recreateMs);
  }

  #connectIfLazy(): void {
    if (this.#client.status !== 'wait') return;
    outsideContext(() => this.#client.connect()).catch(this.#fail);
  }

  readonly #fail = (thrown: unknown): void => {
    // Errors after a refused database carry no information: the socket is given up.
    if (this.#closed || this.#isRefused || hasAskedNobody(thrown)) return;
    const refused = refusedDatabase(thrown, this.#options.address);
    const error = refused ?? translateError(thrown, this.#options.address, this.#options);
    this.#lastError = error;
    if (refused && this.#isOwned) {
      this.#isRefused = true;
      this.destroySocket();
    }
    if (refused || isRefusal(error)) this.#gate.refuse(error);
    this.events.emit('error', error);
  };

  /** An error of the client as one of ours. */
  translate(error: unknown): RedpostError {
    const { address } = this.#options;
    if (this.#closed) return closedError(address, 'unknown');
    const translated = translateError(error, address, this.#options);
    if (hasMoved(translated) && 'refreshSlotsCache' in this.#client) {
      this.#client.refreshSlotsCache();
    }
    if (isRedpostError(translated, 'MESSAGE_TOO_LARGE')) {
      this.#lastWords = translated;
      // Commands that are sent from now on wait for the next connection. Our own clients reconnect by
      // `reconnectOnError`.
      if (!this.#isOwned && 'stream' in this.#client) this.destroySocket();
    }
    return translated;
  }

  /** The answer does not matter: a silent server is noticed by the client's socket timeout. */
  #ping(): void {
    if (this.isUp) this.#client.callBuffer('PING').catch(ignore);
  }
}

/**
 * Always the same client, as long as it can be used: nodes of a Cluster forward messages to each other, and
 * messages that were published at two nodes arrive in any order.
 */
function steady(route: () => Client): () => Client {
  let client: Client | undefined;
  return () => {
    if (!client || !isNode(client)) client = route();
    return client;
  };
}

/** Resolves when a Cluster knows the owners of its slots again, or could not ask for them. */
function refreshed(cluster: Cluster): Promise<void> {
  return new Promise((resolve) => cluster.refreshSlotsCache(() => resolve()));
}

function hearOutNode(node: Redis): void {
  node.on('connect', () => hearOut(node));
}

/** The socket to a node of a Cluster is opened by the first command that is for it. */
function connectOutsideContext(node: Redis): void {
  const connect = node.connect.bind(node);
  node.connect = (...args) => outsideContext(() => connect(...args));
}

function ignore(): void {}
