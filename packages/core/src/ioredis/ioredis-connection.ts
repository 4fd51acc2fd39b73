import type { RedisOptions } from 'ioredis';
import type { ConnectOptions, SocketOptions } from '../connection/connect-options.js';
import type {
  BlockingCommand,
  BlockOptions,
  CallOptions,
  Connection,
  ConnectionEvents,
  ConnectionStatus,
  ConnectionThread,
  Subscriber,
  SubscriptionSocket,
  SubscriptionTarget,
  Unsubscribe,
} from '../connection/connection.js';
import { ClosedError, type RedpostError } from '../errors.js';
import { checkWait, longestTimerMs, wholeNumber } from '../options/check.js';
import type { Argument, Reply } from '../replies.js';
import { inThisContext, outsideContext } from '../runtime/context.js';
import { Emitter, type Unlisten } from '../runtime/emitter.js';
import { performance } from '../runtime/timers.js';
import type { Script, ScriptCall } from '../script/script.js';
import { HeartbeatThread } from '../thread/heartbeat-thread.js';
import { BlockingPool } from './blocking-pool.js';
import { Link, type SendOptions } from './link.js';
import { ReplicatedWrites } from './replicated-writes.js';
import { ScriptCalls, type ScriptText } from './script-calls.js';
import { SentinelWatch } from './sentinel-watch.js';
import { SubscriberSockets } from './subscriber-sockets.js';
import type { Target } from './target.js';
import { unblock } from './unblock.js';

/** The options, with those that a connection in another thread needs in addition. */
type Options = SocketOptions & Pick<ConnectOptions, 'connectTimeoutMs' | 'credentials'>;

/**
 * How long a blocking read may block the server at a time, in ms: where it can be ended when it is no longer wanted, where it is
 * not known that it can, and in a Cluster, where it cannot.
 */
const [blockSliceMs, shorterSliceMs, clusterSliceMs] = [10_000, 5000, 1000];

/** How long the server may take to answer after this process stood still, in ms. */
const longestDoubtMs = 2000;

/** For calls without a deadline of their own. */
const patient: SendOptions = { isPatient: true };

/** {@link Connection} on ioredis. */
export class IoredisConnection implements Connection {
  readonly address: string;
  readonly #target: Target;
  readonly #options: Options;
  readonly #events = new Emitter<ConnectionEvents>({
    ready: true,
    interrupted: true,
    resumed: true,
    closed: true,
    error: true,
  });
  readonly #sentinels: SentinelWatch | undefined;
  readonly #commands: Link;
  readonly #scripts: ScriptCalls;
  readonly #blocking: BlockingPool;
  #thread: HeartbeatThread | undefined;
  #replicatedWrites: ReplicatedWrites | undefined;
  #subscriptions: SubscriberSockets | undefined;
  /** The sockets that were opened by `openSubscriptionSocket()`. */
  readonly #ownSockets = new Set<SubscriptionSocket>();
  #status: ConnectionStatus = 'connecting';

  constructor(target: Target, options: Options) {
    this.address = target.address;
    this.#target = target;
    this.#options = options;
    this.#sentinels = this.#watchSentinels();
    this.#commands = this.#openCommands();
    this.#scripts = new ScriptCalls(this.#commands);
    this.#blocking = this.#openBlocking();
  }

  get callTimeoutMs(): number {
    return this.#options.callTimeoutMs;
  }

  get isCluster(): boolean {
    return this.#target.isCluster;
  }

  get database(): number {
    return this.#target.database ?? this.#commands.database;
  }

  get username(): string | undefined {
    return this.#commands.username;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  call(command: string, args: readonly Argument[], options: CallOptions = {}): Promise<Reply> {
    // NaN, too: there it is refused.
    const { replicas = 0 } = options;
    if (replicas !== 0) return this.#callReplicated(command, args, options);
    if (options.timeoutMs !== undefined) return this.#callInTime(command, args, options);
    return this.#callNow(command, args, options);
  }

  async callEachNode(
    command: string,
    args: readonly Argument[],
    timeoutMs?: number,
  ): Promise<(Reply | RedpostError)[]> {
    return this.#commands.callEachNode(command, args, this.#deadline({ timeoutMs }));
  }

  run<Input, Result>(
    script: Script<Input, Result>,
    input: Input,
    options: CallOptions = {},
  ): Promise<Result> {
    try {
      return this.#runEncoded(script, script.encode(input), options).then(script.parse);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async block(command: BlockingCommand, options: BlockOptions = {}): Promise<Reply> {
    this.#refuseIfClosed();
    return this.#blocking.block(command, options);
  }

  async subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe> {
    this.#refuseIfClosed();
    this.#subscriptions ??= this.#openSubscriptions();
    return this.#subscriptions.subscribe(target, asHere(subscriber));
  }

  openSubscriptionSocket(): SubscriptionSocket {
    this.#refuseIfClosed();
    const socket = this.#openSubscriptions();
    this.#ownSockets.add(socket);
    return {
      subscribe: (target, subscriber) => socket.subscribe(target, asHere(subscriber)),
      pause: () => socket.pause(),
      cut: (reason) => socket.cut(reason),
      resume: () => socket.resume(),
      close: () => {
        this.#ownSockets.delete(socket);
        socket.close();
      },
    };
  }

  thread(): ConnectionThread {
    this.#refuseIfClosed();
    const { credentials, ...own } = this.#options;
    const options = { ...own, name: `${own.name}:heartbeat` };
    this.#thread ??= new HeartbeatThread({ target: this.#target.settings, options }, credentials);
    return this.#thread;
  }

  async ping(options: CallOptions = {}): Promise<number> {
    const deadline = this.#deadline(options);
    if (!this.#commands.isUp) await this.#commands.untilUp(deadline);
    const start = performance.now();
    await this.#commands.call('PING', [], deadline);
    return performance.now() - start;
  }

  on<Event extends keyof ConnectionEvents>(
    event: Event,
    listener: (payload: ConnectionEvents[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    this.#subscriptions?.close();
    for (const socket of this.#ownSockets) socket.close();
    this.#blocking.close();
    this.#commands.close();
    this.#replicatedWrites?.close();
    this.#thread?.close();
    this.#sentinels?.close();
    this.#events.emit('closed', undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #runEncoded(script: ScriptText, call: ScriptCall, options: CallOptions): Promise<Reply> {
    if (options.replicas || options.line !== undefined) {
      // By its text: a script that the server does not know would have to come again.
      const args = [script.lua, call.keys.length, ...call.keys, ...call.args];
      return this.call('EVAL', args, options);
    }
    const sending = options.timeoutMs === undefined ? patient : undefined;
    return this.#scripts.run(script, call, this.#deadline(options), sending);
  }

  /** Async, so that errors reject, like all errors of `call`. */
  async #callInTime(
    command: string,
    args: readonly Argument[],
    options: CallOptions,
  ): Promise<Reply> {
    return this.#callNow(command, args, options);
  }

  #callNow(command: string, args: readonly Argument[], options: CallOptions): Promise<Reply> {
    const { line } = options;
    const deadline = this.#deadline(options);
    const sending = options.timeoutMs === undefined ? patient : undefined;
    if (line === undefined) return this.#commands.call(command, args, deadline, sending);
    return this.#commands.callInLine(line, command, args, deadline, sending);
  }

  #deadline({ timeoutMs = this.#options.callTimeoutMs }: CallOptions): number {
    checkWait('timeoutMs', timeoutMs);
    return performance.now() + timeoutMs;
  }

  /** Short enough for waiting calls to be answered before their deadline. */
  get #doubtMs(): number {
    return Math.min(longestDoubtMs, this.#options.callTimeoutMs / 4);
  }

  #refuseIfClosed(): void {
    if (this.#status === 'closed') {
      throw new ClosedError(`The connection to Redis at ${this.address} is closed`);
    }
  }

  #watchSentinels(): SentinelWatch | undefined {
    const { keepAliveMs, callTimeoutMs } = this.#options;
    const { sentinels } = this.#target;
    if (!sentinels) return undefined;
    return new SentinelWatch({
      ...sentinels,
      client: this.#clientOptions('sentinel'),
      keepAliveMs,
      doubtMs: this.#doubtMs,
      callTimeoutMs,
      report: (error) => this.#events.emit('error', error),
    });
  }

  #openCommands(): Link {
    const { client } = this.#target;
    const link = new Link({
      address: this.address,
      usesTls: this.#target.usesTls,
      create: () => client ?? this.#target.create(this.#clientOptions('commands')),
      owned: client === undefined,
      keepAliveMs: this.#options.keepAliveMs,
      doubtMs: this.#doubtMs,
      sentinels: this.#sentinels,
    });
    link.events.on('error', (error) => this.#events.emit('error', error));
    link.events.on('down', (error) => {
      this.#status = 'interrupted';
      this.#events.emit('interrupted', { error });
    });
    link.events.on('up', ({ downMs }) => {
      this.#status = 'ready';
      if (downMs === undefined) this.#events.emit('ready', undefined);
      else this.#events.emit('resumed', { downMs });
    });
    return link;
  }

  async #callReplicated(
    command: string,
    args: readonly Argument[],
    options: CallOptions,
  ): Promise<Reply> {
    this.#refuseIfClosed();
    const { line } = options;
    const replicas = wholeNumber('replicas', options.replicas, { min: 0 });
    const deadline = this.#deadline(options);
    this.#replicatedWrites ??= outsideContext(() => this.#openReplicatedWrites());
    const key = String(args[command === 'EVAL' ? 2 : 0]);
    return this.#replicatedWrites.call({ command, args, key, replicas, deadline, line });
  }

  #openReplicatedWrites(): ReplicatedWrites {
    const link = new Link({
      address: this.address,
      usesTls: this.#target.usesTls,
      create: () => this.#target.create(this.#clientOptions('replicated')),
      keepAliveMs: this.#options.keepAliveMs,
      doubtMs: this.#doubtMs,
      sentinels: this.#sentinels,
    });
    link.events.on('error', (error) => this.#events.emit('error', error));
    return new ReplicatedWrites(link, this.#target);
  }

  #openBlocking(): BlockingPool {
    const { isCluster, usesTls } = this.#target;
    const other = isCluster ? clusterSliceMs : shorterSliceMs;
    return new BlockingPool({
      openLink: () => {
        // The pool watches its reads itself: this is for a server that is silent when it is greeted.
        const socketTimeout = 2 * blockSliceMs;
        const options = { ...this.#clientOptions('blocking'), socketTimeout };
        const create = () => this.#target.create(options);
        const link = new Link({
          address: this.address,
          usesTls,
          create,
          keepAliveMs: 0,
          doubtMs: this.#doubtMs,
          sentinels: this.#sentinels,
        });
        link.events.on('error', (error) => this.#events.emit('error', error));
        return link;
      },
      sliceMs: { endable: blockSliceMs, other },
      commands: this.#commands,
      ...(!isCluster && { unblock: (id: number) => unblock(this.#commands, id) }),
    });
  }

  #openSubscriptions(): SubscriberSockets {
    const { keepAliveMs, callTimeoutMs } = this.#options;
    return new SubscriberSockets({
      target: this.#target,
      client: this.#clientOptions('subscriptions'),
      keepAliveMs,
      doubtMs: this.#doubtMs,
      callTimeoutMs,
      report: (error) => this.#events.emit('error', error),
      ask: (command, args) => this.call(command, args),
      sentinels: this.#sentinels,
    });
  }

  #clientOptions(purpose: string): RedisOptions {
    const { keepAliveMs, name } = this.#options;
    const { connectTimeoutMs, honoured } = this.#target;
    return {
      clientInfoTag: 'redpost',
      // How long a closed socket waits for a silent server's goodbye, and keeps the process.
      disconnectTimeout: 500,
      maxLoadingRetryTime: 500,
      ...honoured,
      connectTimeout: connectTimeoutMs,
      connectionName: `${name}:${purpose}`,
      // A silent server is cut off even when the operating system believes the socket is alive.
      socketTimeout: Math.min(keepAliveMs * 1.5, longestTimerMs),
      // The gate of Link stands in for the offline queue, which would keep sending commands
      // whose callers have given up.
      enableOfflineQueue: false,
      // A command whose connection broke may have been executed: its caller is told at once.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // See Subscriptions.
      autoResubscribe: false,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2000) + Math.random() * 50,
      reconnectOnError: reconnectAfter(),
    };
  }
}

/** The socket is shared: each subscriber hears in the context in which it came. */
function asHere(subscriber: Subscriber): Subscriber {
  return {
    message: inThisContext((channel, payload) => subscriber.message(channel, payload)),
    interrupted: inThisContext((error) => subscriber.interrupted?.(error)),
    resumed: inThisContext((downMs) => subscriber.resumed?.(downMs)),
  };
}

/** How long a new connection has to be of use before another one is made, in ms. */
const reconnectPauseMs = { first: 100, longest: 5000 };

/**
 * A server that closes the connection executes no further command: commands that were not sent yet wait for
 * the next connection.
 *
 * After a failover the old master refuses writes: a new connection has to find the new one. As it may lead to
 * the old one again, there is only one new connection for all calls that are refused at a time, and the next
 * ones are made after growing pauses.
 */
function reconnectAfter(): (error: Error) => boolean {
  let pauseMs = reconnectPauseMs.first;
  let lastAt = Number.NEGATIVE_INFINITY;
  return ({ message }) => {
    if (message.startsWith('ERR Protocol error')) return true;
    if (!/(^|: -)(READONLY|UNBLOCKED)/.test(message)) return false;
    const sinceMs = performance.now() - lastAt;
    if (sinceMs < pauseMs) return false;
    const isOver = sinceMs > 2 * reconnectPauseMs.longest;
    pauseMs = isOver ? reconnectPauseMs.first : Math.min(2 * pauseMs, reconnectPauseMs.longest);
    lastAt = performance.now();
    return true;
  };
}
