import {
  type Connection,
  checkedConnection,
  defineScript,
  InvalidArgumentError,
  wholeNumber,
} from '@redpost/core';
import { keysAt, keysOfAny, type QueueKeys } from '../keys.js';
import { partitionList } from '../partitions/partition-list.js';
import { readDivision } from '../partitions/partitions.js';
import advanceSource from './advance.lua';
import { shifted } from './shifted-connection.js';
import { clockKey } from './shifted-script.js';

/** A hundred years, as for delays. */
const longestMs = 100 * 365 * 86_400_000;

const advance = defineScript<{ ms: number }, number>({
  name: 'advance-fake-clock',
  keys: { clock: () => clockKey },
  args: { ms: ({ ms }) => ms },
  lua: advanceSource,
  parse: Number,
});

const timeUntilDue = defineScript<QueueKeys, number | undefined>({
  name: 'time-until-due',
  keys: {
    delayed: ({ delayed }) => delayed,
    debounced: ({ debounced }) => debounced,
    later: ({ later }) => later,
    schedules: ({ schedules }) => schedules,
  },
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local earliest
for _, key in ipairs(KEYS) do
  local due = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if due and due ~= 'inf' then earliest = math.min(earliest or math.huge, due) end
end
return earliest and string.format('%.0f', math.max(0, math.ceil(earliest - now)))`,
  parse: (reply) => (reply === null ? undefined : Number(reply)),
});

const readTime = defineScript<undefined, number>({
  name: 'time',
  lua: `
local time = redis.call('TIME')
return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))`,
  parse: Number,
});

/** Signals that let consumers look at what is due, at the gate and the shape of a queue, and at what was returned. */
const signals = ['delayed', 'gate', 'shape', 'returned'];

/**
 * The time of a private Redis, which a test moves on instead of waiting: for delays, retries, schedules, times to live,
 * `once`, `throttle` and `debounce`, limits, pauses with an end, and bounds of dead letters. It never stands still: it goes on
 * like the server's.
 *
 * The clock is in Redis, so it holds for all processes that use a connection of such a clock. Leases of consumers move
 * along, so no consumer loses what it has. Timers in this process, such as `timeoutMs` of a handler, and `Date` are not moved.
 */
export class FakeClock {
  /** For the queues of the test, in the place of the connection that the clock was made of. */
  readonly connection: Connection;

  private constructor(connection: Connection) {
    this.connection = shifted(connection);
  }

  /**
   * Makes a fake clock for a Redis that belongs to this test, such as one of `startRedis()`.
   *
   * @throws InvalidArgumentError for a database that has keys of others, a database of a Cluster, or what is no connection.
   */
  static async on(connection: Connection): Promise<FakeClock> {
    checkedConnection('A fake clock', { connection });
    if (connection.isCluster) throw new InvalidArgumentError('A fake clock needs no Cluster');
    const [size, isFake] = await Promise.all([
      connection.call('DBSIZE', []),
      connection.call('EXISTS', [clockKey]),
    ]);
    if (Number(size) > 0 && Number(isFake) === 0) {
      throw new InvalidArgumentError(
        `A fake clock needs a Redis of its own, such as one of startRedis(), but database ${connection.database} at ${connection.address} has ${size} keys already`,
      );
    }
    await connection.call('SET', [clockKey, 0, 'NX']);
    return new FakeClock(connection);
  }

  /** The time of this clock. */
  async now(): Promise<Date> {
    return new Date(await this.connection.run(readTime, undefined));
  }

  /**
   * Moves the clock on, and tells all consumers to look at what is due.
   *
   * @param ms at least 0, at most 100 years.
   */
  async advance(ms: number): Promise<void> {
    wholeNumber('ms', ms, { min: 0, max: longestMs });
    await this.connection.run(advance, { ms });
    const { connection } = this;
    const channels = (await connection.call('PUBSUB', ['CHANNELS', '*:signal'])) as Buffer[];
    const told = channels.flatMap((channel) => signals.map((signal) => [channel, signal] as const));
    await Promise.all(told.map((signal) => connection.call('PUBLISH', signal)));
  }

  /**
   * Moves the clock on to when the next message of a queue is due: one that was sent with a delay, waits for its next attempt,
   * or is sent by a schedule. Resolves to by how many ms, or to undefined when nothing is due at any time.
   */
  async advanceToNext(queue: { readonly name: string }): Promise<number | undefined> {
    const ms = await this.msUntilNext(queue);
    if (ms !== undefined) await this.advance(ms);
    return ms;
  }

  /** In how many ms that is: 0 when something is due now. Resolves to undefined when nothing is due at any time. */
  async msUntilNext({ name }: { readonly name: string }): Promise<number | undefined> {
    const { connection } = this;
    const main = keysOfAny(name);
    const { lists } = await readDivision({ connection, keys: main });
    const partitions = Array.from({ length: lists }, (_, n) => keysAt(partitionList(name, n)));
    const all = await Promise.all(
      [main, ...partitions].map((keys) => connection.run(timeUntilDue, keys)),
    );
    const due = all.filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }
}
