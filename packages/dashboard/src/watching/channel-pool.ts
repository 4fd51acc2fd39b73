import { bytes, type Connection, isRedpostError, type Reply } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import { PubSub } from '@redpost/pubsub';
import { Problem } from '../http/problem.js';

/** A channel: there may be a sharded one of the same name. */
export interface ChannelName {
  name: string;
  isSharded: boolean;
}

/** Which channels have subscribers, on any node of a Cluster. */
export interface ChannelDirectory {
  /** How many channels there are, sharded ones included. */
  total: number;
  /** Their names, without those that redpost itself uses; undefined if there are too many, or the user may not read them. */
  channels: readonly ChannelName[] | undefined;
  /** How many patterns are subscribed to: in a Cluster, the sum over its nodes. */
  patterns: number;
  /** The commands that this user of Redis may not call. */
  unavailable: string[];
}

/** How many channels are listed at most: Redis has no way to list a part of them. */
const mostListed = 10_000;
/** For how long a list is used for all who ask, in ms. */
const keptMs = 2000;
/** How long a node may take to answer, in ms: one that is down is not waited for. */
const nodeTimeoutMs = 1000;
/** So many channels are followed at a time: each has a socket of its own. */
const mostFollowed = 20;
/** So many messages may wait to be shown. */
const maxBuffered = 1000;

/** Signals of queues and groups of topics, groups of channels and their members, and what answers come by. */
const own = [
  /^\{.*\}:signal(:|$)/,
  /^\{[^}]*\}:group:[\w.-]+(:|$)/,
  /::group:[\w.-]+(:|$)/,
  /^redpost:replies:/,
];

/** True for a channel that redpost itself uses. They may have what is in queues that somebody may not see. */
export function isOwnChannel(name: string): boolean {
  return own.some((names) => names.test(name));
}

/** The channels that the dashboard shows. */
export class ChannelPool {
  readonly #connection: Connection;
  readonly #opened = new Map<string, PubSub<Uint8Array, Buffer>>();
  readonly #followed = new Map<string, number>();
  #directory: { at: number; read: Promise<ChannelDirectory> } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Which channels there are. However many ask, Redis is asked once in two seconds. */
  directory(): Promise<ChannelDirectory> {
    const now = performance.now();
    if (!this.#directory || now - this.#directory.at > keptMs) {
      this.#directory = { at: now, read: new DirectoryReader(this.#connection).read() };
      this.#directory.read.catch(() => {
        this.#directory = undefined;
      });
    }
    return this.#directory.read;
  }

  /** How many connections subscribe to each of these channels, without those that follow them here. */
  async subscribers(channels: readonly ChannelName[]): Promise<number[]> {
    const [plain, sharded] = await Promise.all([
      this.#counts('NUMSUB', channels, false),
      this.#counts('SHARDNUMSUB', channels, true),
    ]);
    return channels.map((channel) => {
      const counts = channel.isSharded ? sharded : plain;
      return Math.max(0, (counts.get(channel.name) ?? 0) - this.followers(channel));
    });
  }

  /** How many follow it here. */
  followers(channel: ChannelName): number {
    return this.#followed.get(keyOf(channel)) ?? 0;
  }

  /**
   * Subscribes on a socket of its own, so that a channel with many messages delays no other subscriber of this process. Calls `came` for each
   * message until the signal is aborted.
   *
   * @throws Problem when too many are followed already, and what `subscribe()` of PubSub throws.
   */
  async follow(
    channel: ChannelName,
    signal: AbortSignal,
    came: (payload: Buffer) => void,
  ): Promise<void> {
    const all = [...this.#followed.values()].reduce((sum, each) => sum + each, 0);
    if (all >= mostFollowed) {
      throw new Problem(503, `${mostFollowed} channels are followed already: close another page`);
    }
    this.#count(channel, 1);
    try {
      await this.#untilAborted(channel, signal, came);
    } finally {
      this.#count(channel, -1);
    }
  }

  /** Resolves to the number of receivers. */
  publish(channel: ChannelName, body: Uint8Array, isSequenced: boolean): Promise<number> {
    return this.#open(channel.isSharded, isSequenced).publish(channel.name, body);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((each) => each.close()));
  }

  async #untilAborted(
    channel: ChannelName,
    signal: AbortSignal,
    came: (payload: Buffer) => void,
  ): Promise<void> {
    // One that is sequenced reads others, too, and takes the numbers away.
    const subscription = await this.#open(channel.isSharded, true).subscribe(channel.name, {
      signal,
      maxBuffered,
      overflow: 'pause',
      onMessage: ({ body }) => came(body),
    });
    for (const event of ['error', 'gap', 'overflow', 'invalid'] as const) {
      subscription.on(event, () => {});
    }
    await new Promise<void>((resolve) => subscription.on('closed', () => resolve()));
  }

  async #counts(
    command: 'NUMSUB' | 'SHARDNUMSUB',
    channels: readonly ChannelName[],
    isSharded: boolean,
  ): Promise<Map<string, number>> {
    const names = channels.filter((each) => each.isSharded === isSharded).map(({ name }) => name);
    if (names.length === 0) return new Map();
    const replies = await askNodes(this.#connection, 'PUBSUB', [command, ...names]);
    const sumAt = (at: number) =>
      replies.reduce<number>((sum, reply) => sum + Number((reply as Reply[])[2 * at + 1]), 0);
    return new Map(names.map((name, at) => [name, sumAt(at)]));
  }

  #count(channel: ChannelName, change: number): void {
    const count = this.followers(channel) + change;
    if (count > 0) this.#followed.set(keyOf(channel), count);
    else this.#followed.delete(keyOf(channel));
  }

  #open(sharded: boolean, sequenced: boolean): PubSub<Uint8Array, Buffer> {
    const key = `${sharded} ${sequenced}`;
    const opened =
      this.#opened.get(key) ??
      new PubSub<Uint8Array, Buffer>({
        ...{ connection: this.#connection, codec: bytes(), sharded, sequenced },
      });
    this.#opened.set(key, opened);
    return opened;
  }
}

function keyOf({ name, isSharded }: ChannelName): string {
  return `${isSharded ? 'sharded' : 'plain'} ${name}`;
}

/**
 * What the nodes of a Cluster answer, or the server: each knows only its own subscribers.
 *
 * @throws RedpostError when none has answered.
 */
async function askNodes(
  connection: Connection,
  command: string,
  args: readonly string[],
): Promise<Reply[]> {
  const results = await connection.callEachNode(command, args, nodeTimeoutMs);
  const answers = results.filter((result): result is Reply => !(result instanceof Error));
  if (answers.length === 0) throw results[0];
  return answers;
}

/** Reads the names of all channels, unless there are too many. */
class DirectoryReader {
  readonly #connection: Connection;
  readonly #unavailable: string[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async read(): Promise<ChannelDirectory> {
    const infos = (await this.#ask('INFO', ['stats'])).map(String);
    const countIn = (info: string, name: string) =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const count = (name: string) => infos.reduce((sum, info) => sum + countIn(info, name), 0);
    // Redis tells how many there are before it is asked for all of them.
    const [plain, sharded] = [count('pubsub_channels'), count('pubsubshard_channels')];
    const isListed = plain + sharded <= mostListed && this.#unavailable.length === 0;
    const names = isListed
      ? (await Promise.all([this.#names(false, plain), this.#names(true, sharded)])).flat()
      : undefined;
    const isReadable = this.#unavailable.length === 0;
    return {
      total: names?.length ?? plain + sharded,
      channels: isReadable ? names?.filter(({ name }) => !isOwnChannel(name)) : undefined,
      patterns: count('pubsub_patterns'),
      unavailable: this.#unavailable,
    };
  }

  async #names(isSharded: boolean, count: number): Promise<ChannelName[]> {
    // Servers before Redis 7 know no sharded channels.
    if (count === 0) return [];
    const replies = await this.#ask('PUBSUB', [isSharded ? 'SHARDCHANNELS' : 'CHANNELS']);
    const names = new Set((replies as Buffer[][]).flat().map(String));
    return [...names].map((name) => ({ name, isSharded }));
  }

  /** No answers when the user may not ask. */
  async #ask(command: string, args: string[]): Promise<Reply[]> {
    try {
      return await askNodes(this.#connection, command, args);
    } catch (error) {
      if (!isRedpostError(error, 'SERVER')) throw error;
      if (!this.#unavailable.includes(command)) this.#unavailable.push(command);
      return [];
    }
  }
}
