import {
  type BlockOptions,
  type Codec,
  type Connection,
  checkedConnection,
  checkedName,
  connectionOf,
  decodeBody,
  encodeBody,
  InvalidArgumentError,
  json,
  type NamesOf,
  type Reply,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';

/** The options of a {@link List}. */
export interface ListOptions<Value = unknown> {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** How values are encoded as bytes. Default `json()`. */
  codec?: Codec<Value> | undefined;
}

/** An end of a list: `lpush` and `lpop` use the left one. */
export type ListEnd = 'left' | 'right';

/** The ends that a value is moved between. */
export interface MoveOptions {
  /** The end that the value is taken from. Default `right`. */
  from?: ListEnd | undefined;
  /** The end that the value is pushed to. Default `left`. */
  to?: ListEnd | undefined;
}

const listOptionNames: NamesOf<ListOptions> = { connection: true, codec: true };
const moveOptionNames: NamesOf<MoveOptions> = { from: true, to: true };
const blockOptionNames: NamesOf<BlockOptions> = { timeoutMs: true, signal: true, onReply: true };

/** A value, and the list that it was taken from. */
export interface ListValue<Value> {
  list: List<Value>;
  value: Value;
}

/**
 * A plain Redis list: the commands under their own names, with typed and encoded values.
 *
 * A popped value is no longer in Redis, so it is lost when the process dies before it has handled the value (at-most-once).
 * Use `Queue` for values that must not be lost.
 *
 * Every method throws DecodeError, with the bytes, for a value that the codec cannot read.
 *
 * Source: https://redis.io/docs/latest/commands/?group=list
 */
export class List<Value = unknown> {
  readonly name: string;
  readonly #connection: Connection;
  readonly #codec: Codec<Value>;

  constructor(name: string, options: ListOptions<Value>) {
    const connection = checkedConnection('A list', options);
    refuseUnknownOptions('A list', options, listOptionNames);
    const { codec = json<Value>() } = options;
    this.name = checkedName('The name of a list', name);
    this.#connection = List.#connectionOf([this], connection);
    this.#codec = codec;
  }

  /** Puts values on the left, one after the other; resolves to the new length. */
  lpush(...values: Value[]): Promise<number> {
    return this.#push('LPUSH', values);
  }

  /** Puts values on the right, one after the other; resolves to the new length. */
  rpush(...values: Value[]): Promise<number> {
    return this.#push('RPUSH', values);
  }

  /** Takes one value from the left, or resolves to undefined if there is none; with a count, takes up to so many. */
  lpop(): Promise<Value | undefined>;
  lpop(count: number): Promise<Value[]>;
  lpop(count?: number): Promise<Value | undefined | Value[]> {
    return this.#pop('LPOP', count);
  }

  /** Takes one value from the right, or resolves to undefined if there is none; with a count, takes up to so many. */
  rpop(): Promise<Value | undefined>;
  rpop(count: number): Promise<Value[]>;
  rpop(count?: number): Promise<Value | undefined | Value[]> {
    return this.#pop('RPOP', count);
  }

  /** Takes a value from the left, and waits if there is none. Resolves to undefined when the time is up. */
  async blpop(options: BlockOptions = {}): Promise<Value | undefined> {
    return (await List.blpop([this], options))?.value;
  }

  /** Takes a value from the right, and waits if there is none. Resolves to undefined when the time is up. */
  async brpop(options: BlockOptions = {}): Promise<Value | undefined> {
    return (await List.brpop([this], options))?.value;
  }

  /** `blpop` of the first of several lists that has a value. On a Cluster: lists of one slot. */
  static blpop<Value>(lists: readonly List<Value>[], options?: BlockOptions) {
    return List.#blockingPop('BLPOP', lists, options);
  }

  /** `brpop` of the first of several lists that has a value. On a Cluster: lists of one slot. */
  static brpop<Value>(lists: readonly List<Value>[], options?: BlockOptions) {
    return List.#blockingPop('BRPOP', lists, options);
  }

  /** The value at `index`, from 0 on the left or -1 on the right; undefined if there is none. */
  async lindex(index: number): Promise<Value | undefined> {
    wholeNumber('index', index, { min: Number.MIN_SAFE_INTEGER });
    return this.#decode(await this.#connection.call('LINDEX', [this.name, index]));
  }

  /** The values from `start` to `stop`, both included. Default: all of them. */
  async lrange(start = 0, stop = -1): Promise<Value[]> {
    wholeNumber('start', start, { min: Number.MIN_SAFE_INTEGER });
    wholeNumber('stop', stop, { min: Number.MIN_SAFE_INTEGER });
    return this.#decodeAll(await this.#connection.call('LRANGE', [this.name, start, stop]));
  }

  /** The number of values in the list. */
  async llen(): Promise<number> {
    return (await this.#connection.call('LLEN', [this.name])) as number;
  }

  /** Moves a value to another list (or this one) in one step. Resolves to undefined if there is none. */
  async lmove(destination: List<Value>, options: MoveOptions = {}): Promise<Value | undefined> {
    refuseUnknownOptions('lmove()', options, moveOptionNames);
    const args = [this.name, destination.name, ...ends(options)];
    return this.#decode(
      await List.#connectionOf([destination], this.#connection).call('LMOVE', args),
    );
  }

  /** Like `lmove`, but waits if there is no value. Resolves to undefined when the time is up. */
  async blmove(
    destination: List<Value>,
    options: MoveOptions & BlockOptions = {},
  ): Promise<Value | undefined> {
    refuseUnknownOptions('blmove()', options, { ...moveOptionNames, ...blockOptionNames });
    const { from, to, ...wait } = options;
    const sides = ends({ from, to });
    const move = ['BLMOVE', this.name, destination.name, ...sides] as const;
    const connection = List.#connectionOf([destination], this.#connection);
    return this.#decode(await connection.block((ms) => [...move, ms / 1000], wait));
  }

  static async #blockingPop<Value>(
    command: string,
    lists: readonly List<Value>[],
    options: BlockOptions = {},
  ): Promise<ListValue<Value> | undefined> {
    const [first] = lists;
    refuseUnknownOptions(`${command.toLowerCase()}()`, options, blockOptionNames);
    if (!first) throw new InvalidArgumentError(`${command} needs at least one list`);
    const names = lists.map(({ name }) => name);
    const connection = List.#connectionOf(lists, first.#connection);
    const reply = await connection.block((ms) => [command, ...names, ms / 1000], options);
    if (reply === null) return undefined;
    const [name, bytes] = reply as [Buffer, Buffer];
    const list = lists[names.indexOf(String(name))] ?? first;
    return { list, value: list.#decode(bytes) as Value };
  }

  /** The connection, with errors that name the list whose key has another type. */
  static #connectionOf(lists: readonly { name: string }[], connection: Connection): Connection {
    return lists.reduce((inner, { name }) => {
      const typeOf = (key: string) => (key === name ? 'list' : undefined);
      return connectionOf({ kind: 'list', name, typeOf }, inner);
    }, connection);
  }

  #decode(reply: Reply): Value | undefined {
    return reply === null ? undefined : decodeBody(this.#codec, reply as Buffer);
  }

  #decodeAll(reply: Reply): Value[] {
    return ((reply ?? []) as Buffer[]).map((bytes) => this.#decode(bytes) as Value);
  }

  async #push(command: string, values: Value[]): Promise<number> {
    if (values.length === 0) throw new InvalidArgumentError(`${command} needs at least one value`);
    const encoded = values.map((value) => {
      const bytes = encodeBody(this.#codec, value);
      return typeof bytes === 'string' ? bytes : Buffer.from(bytes);
    });
    const { name } = this;
    return (await this.#connection.call(command, [name, ...encoded], { line: name })) as number;
  }

  async #pop(command: string, count: number | undefined): Promise<Value | undefined | Value[]> {
    if (count === undefined) return this.#decode(await this.#connection.call(command, [this.name]));
    wholeNumber('count', count, { min: 1 });
    return this.#decodeAll(await this.#connection.call(command, [this.name, count]));
  }
}

function ends({ from = 'right', to = 'left' }: MoveOptions): [string, string] {
  for (const end of [from, to]) {
    if (end === 'left' || end === 'right') continue;
    throw new InvalidArgumentError(`The end of a list is 'left' or 'right', got ${shown(end)}`);
  }
  return [from.toUpperCase(), to.toUpperCase()];
}
