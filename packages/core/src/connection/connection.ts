import type { Slice } from '../codecs/slice.js';
import type { RedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import type { Unlisten } from '../runtime/emitter.js';
import type { Script } from '../script/script.js';

/** Options of one call. */
export interface CallOptions {
  /**
   * The deadline, in ms from the call, even while an answer is arriving. Default: the connection's
   * `callTimeoutMs`, and later while Redis is sending. The command has to be transferred completely by then.
   */
  timeoutMs?: number | undefined;
  /**
   * How many replicas have to confirm the write before the call resolves. Default 0. Such calls use a socket
   * of their own, so they and other calls may overtake each other.
   */
  replicas?: number | undefined;
  /**
   * The waiting line of the call, named by a key: in a Cluster, one of its keys. Calls of one line are
   * executed in the order in which they were made: while Redis refuses a call for the moment (`BUSY`,
   * `READONLY`, a slot that moves), the calls behind it wait. A script is sent as text then, so that the
   * server always knows it. Default: none; a refused call is repeated, and later calls may overtake it.
   */
  line?: string | undefined;
}

/** Options of a blocking read. */
export interface BlockOptions {
  /** How long to wait, in ms from the call. Default: without end. */
  timeoutMs?: number | undefined;
  /** Ends the read. An element that Redis had already taken for it is still returned, so nothing is lost. */
  signal?: AbortSignal | undefined;
  /**
   * Called with an answer other than `null` as soon as it has arrived; the promise resolves with the same
   * answer some ten microseconds later. It must not throw.
   */
  onReply?: ((reply: Reply) => void) | undefined;
}

/**
 * Writes one blocking command, e.g. `['BLPOP', 'task', blockMs / 1000]`.
 *
 * @param blockMs how long the server is to block, in ms: a part of the whole wait.
 */
export type BlockingCommand = (blockMs: number) => readonly [string, ...Argument[]];

/**
 * One channel, all channels that match a glob-style pattern, or one channel of sharded Pub/Sub (Redis 7). In
 * a Cluster, a sharded channel is on the node that has the slot of its name.
 */
export interface SubscriptionTarget {
  kind: 'channel' | 'pattern' | 'shard';
  name: string;
}

/** Receives the messages of a {@link SubscriptionTarget}. */
export interface Subscriber {
  /** A message was published to `channel`. What of the payload is to outlive the call is to be copied. */
  message(channel: string, payload: Slice): void;
  /** The connection is lost. Messages that are published from now on are missed. */
  interrupted?(error: Error): void;
  /** Redis has confirmed the subscription again, `downMs` after the interruption. */
  resumed?(downMs: number): void;
}

/** Ends a subscription. Resolves when Redis has confirmed the end, or when there is nothing to confirm. */
export type Unsubscribe = () => Promise<void>;

/** A socket of its own for some subscriptions, so that a subscriber that stops reading does not delay others. */
export interface SubscriptionSocket {
  /** Like {@link Connection.subscribe}. */
  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe>;
  /**
   * Stops reading. Messages that are published meanwhile wait in the operating system and in Redis. When they
   * exceed `client-output-buffer-limit`, Redis closes the connection; an interruption is then reported, at
   * the latest once reading continues. Messages that were already read still arrive.
   */
  pause(): void;
  /** Closes the socket and connects again. Messages that waited are lost. */
  cut(reason: RedpostError): void;
  /** Continues reading. */
  resume(): void;
  /** Ends its subscriptions. */
  close(): void;
}

/** Options of a repeated script. */
export interface RepeatOptions {
  /** How often, in ms. */
  everyMs: number;
  /** Paused while the main thread has been blocked for longer than this, in ms. */
  maxBlockedMs: number;
  /** A run or the thread has failed, or the thread could not be started. The script is run again all the same. */
  failed(error: Error): void;
}

/** A script that is run again and again, until it answers `null`. */
export interface Repetition {
  /** How long ago the last answered run was started, in ms. */
  readonly confirmedMsAgo: number;
  /** Ends it. */
  stop(): void;
}

/** A thread with a connection of its own, which continues while the main thread is blocked. */
export interface ConnectionThread {
  /**
   * Runs a script again and again. Resolves when the first run has been answered or has failed; in the second
   * case, `failed` was called before.
   */
  repeat<Input>(
    script: Script<Input, unknown>,
    input: Input,
    options: RepeatOptions,
  ): Promise<Repetition>;
}

/** Whether Redis answers: not yet, now, not at the moment, or never again. */
export type ConnectionStatus = 'connecting' | 'ready' | 'interrupted' | 'closed';

/** The events of a {@link Connection}, see `on()`. */
export interface ConnectionEvents {
  /** Redis answers for the first time. */
  ready: undefined;
  /** The connection for commands is lost; a new one is being made. */
  interrupted: { error: Error };
  /** Redis answers again. */
  resumed: { downMs: number };
  /** `close()` was called. Nothing follows. */
  closed: undefined;
  /** Something failed in the background, e.g. an attempt to connect. */
  error: RedpostError;
}

/**
 * The interface to Redis, independent of the client library: one socket for commands, one for subscriptions,
 * and further sockets for blocking reads when they are needed.
 *
 * Every method rejects with an error of the redpost family. The error says in `outcome` whether the command
 * may have been executed.
 */
export interface Connection extends AsyncDisposable {
  /** Where Redis is, for messages: host and port or path, never a password. */
  readonly address: string;
  /** The number of the database that commands go to. */
  readonly database: number;
  /** The user that it logs in as; undefined for the default one. */
  readonly username: string | undefined;
  /** Whether Redis answers now. */
  readonly status: ConnectionStatus;
  /** The deadline of a call that names none, in ms. */
  readonly callTimeoutMs: number;
  /** Whether Redis is a Cluster, where the keys of one call have to be in one slot. */
  readonly isCluster: boolean;

  /**
   * Sends one command. While Redis is away the call waits, and is sent only if Redis comes back before the
   * deadline. A command is never sent twice, unless Redis said that it did not execute it.
   *
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, and NotReplicatedError
   *   when too few replicas have confirmed it by the deadline.
   */
  call(command: string, args: readonly Argument[], options?: CallOptions): Promise<Reply>;

  /**
   * Sends one command once to each node of a Cluster, masters and replicas, for what every node knows only of itself;
   * elsewhere to the server. Resolves with an answer or an error for each node.
   *
   * @param timeoutMs the deadline, in ms from the call. Default: the connection's `callTimeoutMs`.
   * @throws ConnectionError, TimeoutError, ClosedError while Redis is away.
   */
  callEachNode(
    command: string,
    args: readonly Argument[],
    timeoutMs?: number,
  ): Promise<(Reply | RedpostError)[]>;

  /**
   * Runs a script by its hash. The script is loaded before its first call on each connection to a server. If
   * the user may not load scripts, the text is sent when the server does not know the script.
   */
  run<Input, Result>(
    script: Script<Input, Result>,
    input: Input,
    options?: CallOptions,
  ): Promise<Result>;

  /**
   * Sends a blocking command on a socket of its own, again and again, until Redis answers with something or
   * the time is over (then `null`). When the server becomes silent, the socket is destroyed and the read
   * rejects.
   *
   * @throws the signal's reason when it is aborted.
   */
  block(command: BlockingCommand, options?: BlockOptions): Promise<Reply>;

  /** Resolves when Redis has confirmed the subscription. The subscription survives a dropped connection. */
  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe>;

  /** Opens a socket that only the subscriptions made on it use. */
  openSubscriptionSocket(): SubscriptionSocket;

  /**
   * A thread that repeats scripts on a connection of its own, even while this thread is blocked. It is
   * started with its first script. All callers share one thread.
   *
   * @throws InvalidArgumentError when the connection cannot be made in another thread: for an ioredis client
   *   of your own, or options with functions.
   */
  thread(): ConnectionThread;

  /** The time of a round trip, in ms. */
  ping(options?: CallOptions): Promise<number>;

  /** Calls `listener` at every `event`; returns a function that removes it. */
  on<Event extends keyof ConnectionEvents>(
    event: Event,
    listener: (payload: ConnectionEvents[Event]) => void,
  ): Unlisten;

  /**
   * Closes every socket that was opened here. Calls that still wait reject with `ClosedError`. Stop consumers
   * first: other consumers get their messages only when their leases run out.
   */
  close(): Promise<void>;
}
