import type { Redis } from 'ioredis';
import { Slice } from '../codecs/slice.js';
import { isRedpostError, type RedpostError } from '../errors.js';
import type { Unlisten } from '../runtime/emitter.js';
import { clearInterval, performance, setInterval } from '../runtime/timers.js';
import type { Failover } from './failover.js';
import { Link } from './link.js';
import { type OnMessage, readMessages } from './message-reader.js';
import { standstill } from './standstill.js';
import { Subscriptions } from './subscriptions.js';

export interface SubscriptionLinkOptions {
  address: string;
  usesTls: boolean;
  create: () => Redis;
  /** How often an idle socket pings the server, in ms. */
  keepAliveMs: number;
  /** How long the server may take to answer after this process stood still, in ms. */
  doubtMs: number;
  /** How long Redis may take to confirm a subscription, in ms. */
  callTimeoutMs: number;
  report: (error: RedpostError) => void;
  sentinels?: Failover | undefined;
}

/**
 * One socket for subscriptions, whose reading can be stopped. It checks the server itself: ioredis would take
 * the silence of a socket that nobody reads for a dead server.
 */
export class SubscriptionLink {
  readonly subscriptions: Subscriptions;
  readonly #link: Link;
  readonly #keepAliveMs: number;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #doubtMs: number;
  readonly #unlisten: Unlisten;
  #client: Redis | undefined;
  #pausedAt: number | undefined;
  #lastResumeAt = 0;
  #wasUp = true;
  /** This process stood still, and the server has not been asked since. */
  #isInDoubt = false;

  constructor(options: SubscriptionLinkOptions) {
    const { address, usesTls, keepAliveMs, doubtMs, callTimeoutMs, report, sentinels } = options;
    this.#keepAliveMs = keepAliveMs;
    this.#doubtMs = doubtMs;
    const create = () => this.#open(options.create());
    this.#link = new Link({
      address,
      usesTls,
      create,
      keepAliveMs: 0,
      sentinels,
      holdsCalls: false,
      doubtMs,
    });
    this.subscriptions = new Subscriptions(this.#link, { callTimeoutMs, report });
    this.#keepAlive = setInterval(() => this.#check(), keepAliveMs).unref();
    this.#unlisten = standstill.on(() => {
      this.#isInDoubt = true;
      this.#dispelDoubt();
    });
  }

  pause(): void {
    this.#pausedAt ??= performance.now();
    this.#client?.stream?.pause();
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#pausedAt = undefined;
    this.#lastResumeAt = performance.now();
    this.#client?.stream?.resume();
    this.#dispelDoubt();
  }

  /** When reading continues on this socket, only the messages that had waited would arrive. */
  cut(reason: RedpostError): void {
    this.#pausedAt = undefined;
    this.#link.destroySocket(reason);
  }

  close(): void {
    clearInterval(this.#keepAlive);
    this.#unlisten();
    // A socket that is not read would not notice that it was closed.
    this.resume();
    this.subscriptions.close();
  }

  /** The Buffer events: the other events turn an empty payload into a string and corrupt bytes. */
  #open(client: Redis): Redis {
    this.#client = client;
    const onMessage: OnMessage = (kind, name, channel, payload) =>
      this.subscriptions.onMessage(kind, name, channel, payload);
    client.on('connect', () => readMessages(client, this.subscriptions));
    client.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      onMessage('channel', `${channel}`, `${channel}`, Slice.of(payload));
    });
    client.on('pmessageBuffer', (pattern: string, channel: Buffer, payload: Buffer) => {
      onMessage('pattern', pattern, `${channel}`, Slice.of(payload));
    });
    client.on('smessageBuffer', (channel: Buffer, payload: Buffer) => {
      onMessage('shard', `${channel}`, `${channel}`, Slice.of(payload));
    });
    return client;
  }

  #check(): void {
    if (this.#pausedAt !== undefined) return;
    if (this.#link.isUp) void this.#ping(this.#keepAliveMs / 2);
    // The server has not answered the greeting in all that time.
    else if (!this.#wasUp) this.#link.destroySocket();
    this.#wasUp = this.#link.isUp;
  }

  /**
   * A paused socket is checked when reading continues. SUBSCRIBE may be repeated, so no call has to wait
   * meanwhile.
   */
  #dispelDoubt(): void {
    if (!this.#isInDoubt || this.#pausedAt !== undefined) return;
    this.#isInDoubt = false;
    if (this.#link.isUp) void this.#ping(this.#doubtMs);
  }

  async #ping(withinMs: number): Promise<void> {
    const askedAt = performance.now();
    try {
      await this.#link.send('PING', [], askedAt + withinMs, { isPatient: true });
    } catch (error) {
      // Any other error describes the state of the connection itself.
      if (!isRedpostError(error, 'TIMEOUT')) return;
      const wasPaused = this.#pausedAt !== undefined || this.#lastResumeAt > askedAt;
      if (!wasPaused) this.#link.destroySocket();
    }
  }
}
