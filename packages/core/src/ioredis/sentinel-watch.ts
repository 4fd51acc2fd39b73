import { Redis, type RedisOptions } from 'ioredis';
import type { Slice } from '../codecs/slice.js';
import type { RedpostError } from '../errors.js';
import { Emitter } from '../runtime/emitter.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import type { Failover, FailoverEvents } from './failover.js';
import { SubscriptionLink } from './subscription-link.js';
import type { Sentinel } from './target.js';

export interface SentinelWatchOptions {
  /** The input of `connect()`: how to reach and greet the Sentinels, and the name of the primary. */
  own: RedisOptions;
  /** In the order in which they are asked: one that has announced a new primary is moved to the front. */
  addresses: Sentinel[];
  /** How every socket is opened. */
  client: RedisOptions;
  keepAliveMs: number;
  doubtMs: number;
  callTimeoutMs: number;
  report: (error: RedpostError) => void;
}

/** Published 50 to 100 ms before the replica is told: calls wait from here on. */
const leaving = '+failover-state-send-slaveof-noone';
/** From here on the Sentinel in charge tells the new address; the others follow later. */
const promoted = '+promoted-slave';
/** All Sentinels publish this, the one in charge when the failover is over. */
const switched = '+switch-master';
const joined = '+sentinel';
const aborted = '-failover-abort-*';

/** A Sentinel looks once a second whether the replica was promoted. Calls continue after this time, in ms. */
const longestHoldMs = 5000;
const longestRetryMs = 10_000;
/** As many connections as ioredis makes for the same purpose. */
const mostSentinels = 10;

/**
 * Is told by the Sentinels of a failover at once, and of a planned failover before it happens.
 *
 * A planned failover leaves the old primary alive, which for about ten seconds goes on confirming writes that
 * are then thrown away. Its sockets show no sign of this: only the Sentinels know.
 */
export class SentinelWatch implements Failover {
  readonly events = new Emitter<FailoverEvents>();
  readonly #options: SentinelWatchOptions;
  readonly #links = new Map<string, SubscriptionLink>();
  readonly #heard = new Set<string>();
  #primary: string | undefined;
  #epoch = 0;
  #hold: NodeJS.Timeout | undefined;
  #hasReported = false;

  constructor(options: SentinelWatchOptions) {
    this.#options = options;
    for (const sentinel of [...options.addresses]) this.#watch(sentinel);
  }

  /** True between `leaving` and the event that follows it. */
  get isLeaving(): boolean {
    return this.#hold !== undefined;
  }

  close(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #watch(sentinel: Sentinel): void {
    const { keepAliveMs, doubtMs, callTimeoutMs } = this.#options;
    const address = addressOf(sentinel);
    if (this.#links.has(address) || this.#links.size >= mostSentinels) return;
    const link = new SubscriptionLink({
      address,
      usesTls: Boolean(this.#options.own.sentinelTLS),
      create: () => this.#open(sentinel),
      keepAliveMs,
      doubtMs,
      callTimeoutMs,
      report: (error) => this.#fail(address, error),
    });
    this.#links.set(address, link);
    const messages = [
      { kind: 'channel', name: leaving, hear: (words: string[]) => this.#leave(primaryIn(words)) },
      {
        kind: 'channel',
        name: promoted,
        hear: (words: string[]) => this.#switch(sentinel, primaryIn(words), words[2], words[3]),
      },
      {
        kind: 'channel',
        name: switched,
        hear: ([name, , , host, port]: string[]) => this.#switch(sentinel, name, host, port),
      },
      {
        kind: 'channel',
        name: joined,
        hear: (words: string[]) => {
          if (primaryIn(words) === this.#options.own.name)
            this.#meet({ ip: words[2], port: words[3] });
        },
      },
      { kind: 'pattern', name: aborted, hear: (words: string[]) => this.#stay(primaryIn(words)) },
    ] as const;
    for (const { kind, name, hear } of messages) {
      const message = (_: string, payload: Slice) => hear(`${payload}`.split(' '));
      this.#subscribe(link, address, { kind, name }, message);
    }
  }

  #subscribe(
    link: SubscriptionLink,
    address: string,
    target: { kind: 'channel' | 'pattern'; name: string },
    message: (channel: string, payload: Slice) => void,
  ): void {
    const heard = () => {
      this.#heard.add(address);
      this.#hasReported = false;
    };
    const interrupted = () => void this.#heard.delete(address);
    link.subscriptions
      .subscribe(target, { message, interrupted, resumed: heard })
      .then(heard, (error: RedpostError) => {
        this.#fail(address, error);
        if (!this.#links.has(address)) return;
        const again = () => this.#subscribe(link, address, target, message);
        setTimeout(again, this.#options.keepAliveMs).unref();
      });
  }

  /** Before subscribing, asks the Sentinel for the present primary and for the other Sentinels. */
  #open(sentinel: Sentinel): Redis {
    const { own, client } = this.#options;
    const redis = new Redis({
      ...client,
      host: sentinel.host ?? '127.0.0.1',
      port: sentinel.port ?? 26379,
      ...(own.sentinelUsername !== undefined && { username: own.sentinelUsername }),
      ...(own.sentinelPassword !== undefined && { password: own.sentinelPassword }),
      ...(own.sentinelTLS && { tls: own.sentinelTLS }),
      ...(own.family && { family: own.family }),
      ...(own.protocol && { protocol: own.protocol }),
      replyMapping: 'legacy',
      enableReadyCheck: false,
      disableClientInfo: true,
      socketTimeout: undefined,
      // A Sentinel that others have named may not be reachable from here.
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 8), longestRetryMs),
    });
    redis.on('ready', () => void this.#ask(redis, sentinel));
    return redis;
  }

  async #ask(redis: Redis, sentinel: Sentinel): Promise<void> {
    const { name } = this.#options.own;
    try {
      const [primary, others] = (await Promise.all([
        redis.call('SENTINEL', 'MASTER', String(name)),
        redis.call('SENTINEL', 'SENTINELS', String(name)),
      ])) as [string[], string[][]];
      const { ip, port, 'config-epoch': epoch } = fields(primary);
      const isNewer = Number(epoch) > this.#epoch;
      if (isNewer && this.#primary !== undefined) this.#switch(sentinel, name, ip, port);
      if (isNewer || this.#primary === undefined) {
        this.#epoch = Number(epoch);
        this.#primary = `${ip}:${port}`;
      }
      for (const other of others.map(fields)) this.#meet(other);
    } catch {
      // It does not know the primary (yet), or may not be asked: its messages are received all the same.
    }
  }

  /** A failover is announced by the Sentinel in charge, which may not be among those that were configured. */
  #meet({ ip, port }: Record<string, string | undefined>): void {
    if (!ip || !port || this.#options.own.updateSentinels === false) return;
    const { natMap } = this.#options.own;
    const announced = `${ip}:${port}`;
    const mapped = typeof natMap === 'function' ? natMap(announced) : natMap?.[announced];
    this.#watch(mapped ?? { host: ip, port: Number(port) });
  }

  #leave(name: string | undefined): void {
    if (name !== this.#options.own.name || this.#hold) return;
    this.#hold = setTimeout(() => this.#stay(name), longestHoldMs);
    this.events.emit('leaving', undefined);
  }

  #stay(name: string | undefined): void {
    if (name !== this.#options.own.name || !this.#hold) return;
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.events.emit('staying', undefined);
  }

  #switch(by: Sentinel, name?: string, host?: string, port?: string): void {
    if (name !== this.#options.own.name || this.#primary === `${host}:${port}`) return;
    this.#primary = `${host}:${port}`;
    clearTimeout(this.#hold);
    this.#hold = undefined;
    // The others may still tell the old address.
    const { addresses } = this.#options;
    const others = addresses.filter((other) => addressOf(other) !== addressOf(by));
    addresses.splice(0, addresses.length, by, ...others);
    this.events.emit('switched', undefined);
  }

  /** That one of several Sentinels is away is usual: an error is reported when none is connected any more. */
  #fail(address: string, error: RedpostError): void {
    this.#heard.delete(address);
    if (this.#heard.size > 0 || this.#hasReported || !this.#links.has(address)) return;
    this.#hasReported = true;
    this.#options.report(error);
  }
}

function addressOf({ host, port }: Sentinel): string {
  return `${host ?? '127.0.0.1'}:${port ?? 26379}`;
}

/** Of `master <name> <host> <port>`, or `slave <name> <host> <port> @ <primary> <host> <port>`. */
function primaryIn(words: string[]): string | undefined {
  return words[0] === 'master' ? words[1] : words[words.indexOf('@') + 1];
}

/** Names and values in turn, as a Sentinel answers. */
function fields(flat: string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    pairs.push([flat[at] as string, flat[at + 1] as string]);
  }
  return Object.fromEntries(pairs);
}
