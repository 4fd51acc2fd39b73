import type { RedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import type { Unlisten } from '../runtime/emitter.js';
import type { Script } from '../script/script.js';

/** How one call differs from the connection's defaults. */
export interface CallOptions {
  /**
   * When to give up, in ms from the call, whatever is on its way then. Default: the connection's
   * `callTimeoutMs`, and later while Redis is sending. What is sent to Redis has to be through by then.
   */
  timeoutMs?: number | undefined;
  /**
   * How many replicas have to confirm what the call writes before it resolves. Default 0. Such
   * calls have a socket of their own, so they and others may overtake each other.
   */
  replicas?: number | undefined;
  /**
   * The waiting line of the call, named by the key that it is about: in a Cluster, one of its keys.
   * Calls of one line are executed in the order in which they were made: while Redis refuses one for
   * the moment (`BUSY`, `READONLY`, a slot that moves), those behind it wait. A script is sent as text
   * then, so that none is unknown. Default: none; what is refused is repeated, and later calls may
   * overtake it.
   */
  line?: string | undefined;
}

/** How long a blocking read goes on, and who is told. */
export interface BlockOptions {
  /** When to give up, in ms from the call. Default: never. */
  timeoutMs?: number | undefined;
  /** Ends the read. What Redis had already taken for it is still returned, so nothing is lost. */
  signal?: AbortSignal | undefined;
  /**
   * Called with what Redis answered, unless that is `null`, as soon as it is there; the promise
   * resolves with the same a little later. For those to whom some ten microseconds matter. It must
   * not throw.
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
 * What to listen to: one channel, all whose name matches a glob-style pattern, or one channel of
 * sharded Pub/Sub (Redis 7), which in a Cluster lives on the node that has the slot of its name.
 */
export interface SubscriptionTarget {
  kind: 'channel' | 'pattern' | 'shard';
  name: string;
}

/** Who receives what is published to a {@link SubscriptionTarget}. */
export interface Subscriber {
  /** Something was published to `channel`. */
  message(channel: string, payload: Buffer): void;
  /** The connection is gone: what is published from now on is missed. */
  interrupted?(error: Error): void;
  /** Redis has confirmed the subscription again, `downMs` after the interruption. */
  resumed?(downMs: number): void;
}

/** Ends a subscription. Resolves when Redis has confirmed it, or there is nothing to confirm. */
export type Unsubscribe = () => Promise<void>;

/** A socket for some subscriptions alone, so that one that stops reading holds up no other. */
export interface SubscriptionSocket {
  /** Like {@link Connection.subscribe}. */
  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe>;
  /**
   * Stops reading. What is published meanwhile waits in the operating system and in Redis, until
   * Redis has enough (`client-output-buffer-limit`) and hangs up: then an interruption is reported,
   * at the latest once reading goes on. What was already read still arrives.
   */
  pause(): void;
  /** Cuts the connection, as a server would that hangs up: it is made anew, and what waited is lost. */
  cut(reason: RedpostError): void;
  /** Goes on reading. */
  resume(): void;
  /** Ends its subscriptions. */
  close(): void;
}

/** How a script is repeated. */
export interface RepeatOptions {
  /** How often, in ms. */
  everyMs: number;
  /** Paused while the main thread has been blocked for longer than this, in ms. */
  maxBlockedMs: number;
  /** A run has failed, or the thread has, or could not be started. It is tried again all the same. */
  failed(error: Error): void;
}

/** A script that is run again and again, until it answers `null`. */
export interface Repetition {
  /** How long ago the last run that was answered was begun, in ms. */
  readonly confirmedMsAgo: number;
  /** Ends it. */
  stop(): void;
}

/** A thread with a connection of its own: what it does goes on while the main thread is blocked. */
export interface ConnectionThread {
  /**
   * Runs a script again and again. Resolves when the first run has been answered, or has failed; then
   * `failed` was called before.
   */
  repeat<Input>(
    script: Script<Input, unknown>,
    input: Input,
    options: RepeatOptions,
  ): Promise<Repetition>;
}

/** Whether Redis answers: not yet, now, no longer for the moment, or never again. */
export type ConnectionStatus = 'connecting' | 'ready' | 'interrupted' | 'closed';

/** What a {@link Connection} tells by `on()`. */
export interface ConnectionEvents {
  /** Redis answers for the first time. */
  ready: undefined;
  /** The connection for commands is gone; a new one is being made. */
  interrupted: { error: Error };
  /** Redis answers again. */
  resumed: { downMs: number };
  /** `close()` was called. Nothing follows. */
  closed: undefined;
  /** Something failed in the background, e.g. an attempt to connect. */
  error: RedpostError;
}

/**
 * Redis as redpost needs it, whatever client is behind it: one socket for commands, further ones
 * for blocking reads as they are needed, and one for subscriptions.
 *
 * Every method rejects with an error of the redpost family. Those whose command may or may not
 * have been executed say so in `outcome`.
 */
export interface Connection extends AsyncDisposable {
  /** Where Redis is, for messages: host and port or path, never a password. */
  readonly address: string;
  /** The number of the database that commands go to. */
  readonly database: number;
  /** Whether Redis answers now. */
  readonly status: ConnectionStatus;
  /** Whether Redis is a Cluster, where what belongs together must name a key of one slot. */
  readonly isCluster: boolean;

  /**
   * Sends one command. While Redis is away the call waits, and is sent only if Redis comes back
   * before the deadline. A command that was sent is never sent twice, except when Redis said that
   * it did not execute it.
   *
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, and
   * NotReplicatedError when too few replicas have confirmed it by the deadline.
   */
  call(command: string, args: readonly Argument[], options?: CallOptions): Promise<Reply>;

  /**
   * Runs a script by its hash. It is loaded ahead of its first call on each connection to a server;
   * where the user may not do that, its text is sent if the server does not know it.
   */
  run<Input, Result>(
    script: Script<Input, Result>,
    input: Input,
    options?: CallOptions,
  ): Promise<Result>;

  /**
   * Sends a blocking command on a socket of its own, again and again, until it answers with
   * something or the time is up (then `null`). A server that falls silent is noticed: the socket
   * is destroyed and the read rejects.
   *
   * @throws the signal's reason when it is aborted.
   */
  block(command: BlockingCommand, options?: BlockOptions): Promise<Reply>;

  /** Resolves when Redis has confirmed the subscription. It survives a dropped connection. */
  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe>;

  /** Opens a socket that only the subscriptions made on it use. */
  openSubscriptionSocket(): SubscriptionSocket;

  /**
   * A thread that repeats scripts on a connection of its own, also while this thread is blocked. It
   * is started when it gets something to do; there is one for all who ask.
   *
   * @throws InvalidArgumentError when the connection cannot be made in another thread: for an
   * ioredis client of your own, or options with functions.
   */
  thread(): ConnectionThread;

  /** The time of a round trip, in ms. */
  ping(options?: CallOptions): Promise<number>;

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof ConnectionEvents>(
    event: Event,
    listener: (payload: ConnectionEvents[Event]) => void,
  ): Unlisten;

  /**
   * Closes every socket that was opened here. What still waits rejects with `ClosedError`.
   * Stop consumers first: what they hold comes back to others only when their leases run out.
   */
  close(): Promise<void>;
}
