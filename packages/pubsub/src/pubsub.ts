import {
  ClosedError,
  type Codec,
  type Connection,
  InvalidArgumentError,
  json,
  type RedpostError,
  type Schema,
  type SubscriptionTarget,
} from '@redpost/core';
import { ChannelSubscription } from './channel-subscription.js';
import { MessageFormat } from './message-format.js';
import { checkedNames } from './names.js';
import { Publisher } from './publisher.js';
import { type BufferOptions, checkedBuffer, type SubscribeOptions } from './subscribe-options.js';
import type { Subscription } from './subscription.js';

export interface PubSubOptions<Body, Received = Body> extends BufferOptions {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** How bodies become bytes. Default `json()`. */
  codec?: Codec<Body>;
  /**
   * Refuses bodies that do not fit: at the publisher by a rejection, at the subscriber by the
   * event `invalid`. A body is published as it was given; subscribers get what the schema makes
   * of it.
   */
  schema?: Schema<Body, Received>;
}

/** A message to publish. */
export interface Publication<Body> {
  channel: string;
  body: Body;
}

/** What became of one message of a batch. */
export type PublishResult =
  | { status: 'published'; receivers: number }
  | { status: 'failed'; error: RedpostError };

/**
 * Publish/subscribe on Redis channels: at most once. A message reaches those who are subscribed
 * at that moment, and nobody else. What is published is the encoded body and nothing more, so any
 * Redis client can be at the other end.
 */
export class PubSub<Body = unknown, Received = Body> implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #format: MessageFormat<Body, Received>;
  readonly #publisher: Publisher<Body>;
  readonly #buffer: Required<BufferOptions>;
  readonly #subscriptions = new Set<Subscription<Received>>();
  #closed = false;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: PubSubOptions<Body, Received>) {
    if (typeof options?.connection?.subscribe !== 'function') {
      throw new InvalidArgumentError('connection is missing: pass what connect() returns');
    }
    const { connection, codec = json<Body>(), schema } = options;
    this.#connection = connection;
    this.#format = new MessageFormat(codec, schema);
    this.#publisher = new Publisher(connection, this.#format);
    this.#buffer = checkedBuffer(options);
  }

  /**
   * Publishes one message; resolves to how many receivers Redis counts: connections, so that
   * subscriptions over one connection are one. In a Cluster only those of the node that was asked
   * are counted.
   *
   * Calls of one tick leave in one round trip. The messages of a channel are received in the
   * order of the calls. Bytes must stay unchanged until the promise is settled.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError: nothing was sent.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError: `outcome` says whether it
   * may have been published.
   */
  publish(channel: string, body: Body): Promise<number> {
    return this.#publisher.publish(channel, body);
  }

  /**
   * Publishes many messages, in one round trip per thousand. Never rejects: each message has an
   * outcome of its own, in the order given.
   */
  async publishBatch(messages: Iterable<Publication<Body>>): Promise<PublishResult[]> {
    const published = Array.from(messages, ({ channel, body }) => this.publish(channel, body));
    const settled = await Promise.allSettled(published);
    return settled.map((result) =>
      result.status === 'fulfilled'
        ? { status: 'published', receivers: result.value }
        : { status: 'failed', error: result.reason },
    );
  }

  /**
   * Subscribes to one or more channels; resolves when Redis has confirmed it. What is published
   * from then on arrives, nothing from before.
   *
   * @throws InvalidArgumentError for a name or an option that cannot work.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError.
   * @throws the signal's reason when it is aborted first.
   */
  async subscribe(
    channels: string | readonly string[],
    options: SubscribeOptions<Received> = {},
  ): Promise<Subscription<Received>> {
    const names = checkedNames('A channel', channels);
    const targets = names.map((name) => ({ kind: 'channel', name }) as const);
    return this.#open(targets, options);
  }

  /**
   * Subscribes to all channels whose name matches a glob-style pattern, e.g. `chat.*`; otherwise
   * like `subscribe()`. A message whose channel matches several of the patterns arrives once for
   * each, with `message.pattern` saying for which.
   */
  async subscribePattern(
    patterns: string | readonly string[],
    options: SubscribeOptions<Received> = {},
  ): Promise<Subscription<Received>> {
    const names = checkedNames('A pattern', patterns);
    const targets = names.map((name) => ({ kind: 'pattern', name }) as const);
    return this.#open(targets, options);
  }

  /** Closes its subscriptions and refuses further calls. The connection stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#publisher.close();
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(
    targets: SubscriptionTarget[],
    options: SubscribeOptions<Received>,
  ): Promise<Subscription<Received>> {
    if (this.#closed) throw new ClosedError('This PubSub is closed');
    options.signal?.throwIfAborted();
    const subscription = new ChannelSubscription<Received>({
      connection: this.#connection,
      targets,
      decode: (payload) => this.#format.decode(payload),
      onMessage: options.onMessage,
      signal: options.signal,
      ...checkedBuffer(options, this.#buffer),
    });
    this.#subscriptions.add(subscription);
    subscription.on('closed', () => this.#subscriptions.delete(subscription));
    await subscription.open();
    return subscription;
  }
}
