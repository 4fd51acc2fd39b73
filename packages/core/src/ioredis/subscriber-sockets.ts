import type { RedisOptions } from 'ioredis';
import type {
  Subscriber,
  SubscriptionSocket,
  SubscriptionTarget,
  Unsubscribe,
} from '../connection/connection.js';
import type { RedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import { outsideContext } from '../runtime/context.js';
import type { Node } from './announced-address.js';
import type { Failover } from './failover.js';
import { ShardedSubscriptions } from './sharded-subscriptions.js';
import { SubscriptionLink } from './subscription-link.js';
import type { Target } from './target.js';

export interface SubscriberSocketsOptions {
  target: Target;
  client: RedisOptions;
  keepAliveMs: number;
  doubtMs: number;
  callTimeoutMs: number;
  report: (error: RedpostError) => void;
  /** Sends a command to any node of a Cluster. */
  ask: (command: string, args: readonly Argument[]) => Promise<Reply>;
  sentinels?: Failover | undefined;
}

/** How long one node of a Cluster may take to confirm, before the others are asked, in ms. */
const nodeTimeoutMs = 1000;

/** One socket for subscriptions; in a Cluster one more for each node with sharded channels. */
export class SubscriberSockets implements SubscriptionSocket {
  readonly #options: SubscriberSocketsOptions;
  readonly #links = new Set<SubscriptionLink>();
  #main: SubscriptionLink | undefined;
  #sharded: ShardedSubscriptions | undefined;
  #isPaused = false;

  constructor(options: SubscriberSocketsOptions) {
    this.#options = options;
  }

  subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe> {
    if (target.kind === 'shard' && this.#options.target.isCluster) {
      this.#sharded ??= this.#openSharded();
      return this.#sharded.subscribe(target.name, subscriber);
    }
    this.#main ??= this.#open(this.#options.callTimeoutMs);
    return this.#main.subscriptions.subscribe(target, subscriber);
  }

  pause(): void {
    this.#isPaused = true;
    for (const link of this.#links) link.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const link of this.#links) link.resume();
  }

  cut(reason: RedpostError): void {
    this.#isPaused = false;
    for (const link of this.#links) link.cut(reason);
  }

  close(): void {
    this.#sharded?.close();
    for (const link of this.#links) link.close();
    this.#links.clear();
  }

  #open(callTimeoutMs: number, node?: Node): SubscriptionLink {
    const { target, client, keepAliveMs, doubtMs, report, sentinels } = this.#options;
    const settings = {
      address: node ? `${node.host}:${node.port}` : target.address,
      usesTls: target.usesTls,
      create: () => target.createSubscriber({ ...client, socketTimeout: undefined }, node),
      keepAliveMs,
      doubtMs,
      callTimeoutMs,
      report,
      sentinels,
    };
    const link = outsideContext(() => new SubscriptionLink(settings));
    this.#links.add(link);
    return link;
  }

  #openSharded(): ShardedSubscriptions {
    const { ask, callTimeoutMs, report, target } = this.#options;
    return new ShardedSubscriptions({
      ask,
      callTimeoutMs,
      report,
      reach: target.reach,
      open: (node) => this.#open(Math.min(nodeTimeoutMs, callTimeoutMs), node),
      forget: (link) => {
        link.close();
        this.#links.delete(link);
      },
    });
  }
}
