import {
  isRedpostError,
  type KeyType,
  type RedpostError,
  type ServerError,
  WrongTypeError,
} from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import type { Unlisten } from '../runtime/emitter.js';
import type { Script } from '../script/script.js';
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
} from './connection.js';

/** A queue, a list, a topic or a rate limiter, as far as the types of its keys are concerned. */
export interface KeyOwner {
  kind: 'queue' | 'list' | 'topic' | 'rate limiter';
  name: string;
  /** The type that this key has to have; undefined for a text that is not a key of the owner. */
  typeOf(key: string): KeyType | undefined;
  /**
   * Further keys that a script may have derived from its arguments. Called only after an error.
   *
   * @param read asks Redis.
   */
  derivedKeys?(
    args: readonly Argument[],
    read: (command: string, args: readonly Argument[]) => Promise<Reply>,
  ): Promise<string[]>;
}

/** What is behind each such connection. */
const shared = new WeakMap<Connection, Connection>();

/**
 * The same connection, with errors that name the owner's key of a wrong type. Redis says only that there is
 * one. It costs nothing until such an error.
 */
export function connectionOf(owner: KeyOwner, connection: Connection): Connection {
  const own = new OwnersConnection(owner, connection);
  shared.set(own, sharedConnection(connection));
  return own;
}

/** The connection that such ones of several owners share; any other connection itself. */
export function sharedConnection(connection: Connection): Connection {
  return shared.get(connection) ?? connection;
}

class OwnersConnection implements Connection {
  readonly #owner: KeyOwner;
  readonly #connection: Connection;

  constructor(owner: KeyOwner, connection: Connection) {
    this.#owner = owner;
    this.#connection = connection;
  }

  get address(): string {
    return this.#connection.address;
  }

  get database(): number {
    return this.#connection.database;
  }

  get username(): string | undefined {
    return this.#connection.username;
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get callTimeoutMs(): number {
    return this.#connection.callTimeoutMs;
  }

  get isCluster(): boolean {
    return this.#connection.isCluster;
  }

  call(command: string, args: readonly Argument[], options?: CallOptions): Promise<Reply> {
    return this.#connection
      .call(command, args, options)
      .catch((error) => this.#explained(error, { keys: args, args: [] }, always));
  }

  callEachNode(
    command: string,
    args: readonly Argument[],
    timeoutMs?: number,
  ): Promise<(Reply | RedpostError)[]> {
    return this.#connection.callEachNode(command, args, timeoutMs);
  }

  run<Input, Result>(
    script: Script<Input, Result>,
    input: Input,
    options?: CallOptions,
  ): Promise<Result> {
    return this.#connection
      .run(script, input, options)
      .catch((error) =>
        this.#explained(
          error,
          script.encode(input),
          (key) => script.looksFirst?.(input, key) ?? false,
        ),
      );
  }

  block(command: BlockingCommand, options?: BlockOptions): Promise<Reply> {
    return this.#connection
      .block(command, options)
      .catch((error) => this.#explained(error, { keys: command(1), args: [] }, always));
  }

  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe> {
    return this.#connection.subscribe(target, subscriber);
  }

  openSubscriptionSocket(): SubscriptionSocket {
    return this.#connection.openSubscriptionSocket();
  }

  thread(): ConnectionThread {
    return this.#connection.thread();
  }

  ping(options?: CallOptions): Promise<number> {
    return this.#connection.ping(options);
  }

  on<Event extends keyof ConnectionEvents>(
    event: Event,
    listener: (payload: ConnectionEvents[Event]) => void,
  ): Unlisten {
    return this.#connection.on(event, listener);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * @param called among its keys are those that were touched.
   * @param isHarmless true when nothing was changed before this key turned out to be of another type.
   * @throws WrongTypeError, or any other error unchanged.
   */
  #explained(error: unknown, called: Called, isHarmless: (key: string) => boolean): Promise<never> {
    // All other errors are thrown at once, without another round trip.
    if (!isWrongType(error)) throw error;
    return this.#explain(error, called, isHarmless);
  }

  async #explain(
    error: ServerError,
    called: Called,
    isHarmless: (key: string) => boolean,
  ): Promise<never> {
    const named = namedByScript.exec((error.cause as Error | undefined)?.message ?? '')?.[1];
    const wrong =
      (named && (await this.#findWrong([named]))) ||
      ((await this.#findWrong(called.keys)) ?? (await this.#findDerived(called.args)));
    if (!wrong) throw error;
    const { kind, name } = this.#owner;
    const { address, database } = this.#connection;
    throw new WrongTypeError({
      ...wrong,
      kind,
      owner: name,
      database,
      address,
      // A script that names the key has gone on with all else.
      outcome: isHarmless(wrong.key) ? 'not-executed' : named ? 'unknown' : error.outcome,
      cause: error,
    });
  }

  async #findWrong(
    texts: readonly Argument[],
  ): Promise<{ key: string; expected: KeyType; found: string | undefined } | undefined> {
    const keys = texts.flatMap((key) => {
      const expected = typeof key === 'string' ? this.#owner.typeOf(key) : undefined;
      return typeof key === 'string' && expected ? [{ key, expected }] : [];
    });
    for (const { key, expected } of keys) {
      const found = await this.#connection.call('TYPE', [key]).then(String, () => undefined);
      // When the user may not call TYPE, the first key is named: it is the best known.
      if (found !== expected && found !== 'none') return { key, expected, found };
    }
    return undefined;
  }

  /** The same of the keys that are derived. None is named where that cannot be found out. */
  async #findDerived(args: readonly Argument[]) {
    const read = (command: string, its: readonly Argument[]) => this.#connection.call(command, its);
    try {
      const keys = (await this.#owner.derivedKeys?.(args, read)) ?? [];
      const types = await Promise.all(keys.map((key) => read('TYPE', [key]).then(String)));
      const at = keys.findIndex((key, n) => ![this.#owner.typeOf(key), 'none'].includes(types[n]));
      const key = keys[at];
      const expected = key === undefined ? undefined : this.#owner.typeOf(key);
      return key !== undefined && expected ? { key, expected, found: types[at] } : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What a command or a script was called with. */
interface Called {
  keys: readonly Argument[];
  args: readonly Argument[];
}

/** A single command changes nothing when a key is of another type. */
const always = () => true;

/** What a script answers that has found a key of another type whose name it has derived. Redis itself never names one. */
const namedByScript = /^WRONGTYPE (?!Operation against a key)(.+)$/s;

function isWrongType(error: unknown): error is ServerError {
  return isRedpostError(error, 'SERVER') && (error as ServerError).reply === 'WRONGTYPE';
}
