import {
  ClosedError,
  type Codec,
  type Complete,
  type Connection,
  checkedConnection,
  checkedMaxMessageBytes,
  InvalidArgumentError,
  json,
  type NamesOf,
  type RedpostError,
  refuseUnknownOptions,
  type Schema,
  type SubscriptionTarget,
  type WithoutSchema,
  type WithSchema,
  wholeNumber,
} from '@redpost/core';
import { isObserved, observeSend, Slice } from '@redpost/core/consuming';
import { checkedGroup, groupName } from './groups/group-name.js';
import { ChannelFormats } from './message/channel-formats.js';
import type {
  ChannelName,
  ChannelSchemas,
  PatternName,
  PublishBody,
  ReceivedBody,
} from './message/channel-types.js';
import type { ReceivedMessage } from './message/message.js';
import { checkedNames } from './names.js';
import { Publisher } from './publishing/publisher.js';
import { unsealRequest } from './requests/request-format.js';
import { type RequestOptions, Requests } from './requests/requests.js';
import {
  Answering,
  type IncomingRequest,
  type Responder,
  type RespondHandler,
  type RespondOptions,
  respondOptionNames,
} from './requests/responder.js';
import { ChannelSubscription } from './subscribing/channel-subscription.js';
import {
  type BufferOptions,
  checkedBuffer,
  type SubscribeOptions,
  subscribeOptionNames,
} from './subscribing/subscribe-options.js';
import type { Subscription } from './subscribing/subscription.js';

/** Options for all channels of a {@link PubSub}. */
export interface PubSubOptions<
  Body,
  Received = Body,
  Channels extends ChannelSchemas | undefined = undefined,
> extends BufferOptions {
  /** The result of `connect()`. It is shared, and never closed here. */
  connection: Connection;
  /** Encodes and decodes bodies. Default `json()`. */
  codec?: Codec<NoInfer<Body>> | undefined;
  /**
   * Refuses invalid bodies: at the publisher by a rejection, at the subscriber by the event `invalid`. A body
   * is published as it was given; subscribers get the output of the schema.
   */
  schema?: Schema<Body, Received> | undefined;
  /**
   * A schema for each channel, or for a glob-style pattern of channels, instead of one for all: it determines
   * the types of bodies, and no other name can be used. A channel has its own schema, or else the schema of
   * the first pattern that it matches. A subscription to a pattern has the schema of the pattern.
   */
  channels?: Channels | undefined;
  /**
   * Numbers the published messages, so that a subscriber that is `sequenced` too gets the event `gap` with
   * the number of messages that it missed. Other readers see a short head before each body. Default false.
   */
  sequenced?: boolean | undefined;
  /**
   * Uses sharded channels (Redis 7): in a Cluster, a message goes only to the node that has the channel's
   * slot, and not to all nodes. Publishers and subscribers have to use the same setting. Default false.
   */
  sharded?: boolean | undefined;
  /**
   * How large the body of a published message, request or answer may be, in bytes: 1 to 512 MiB. Default 16
   * MiB; Redis closes the connections of subscribers that have more than 32 MiB to read
   * (`client-output-buffer-limit pubsub`).
   */
  maxMessageBytes?: number | undefined;
}

const optionNames: NamesOf<PubSubOptions<unknown>> = {
  connection: true,
  codec: true,
  schema: true,
  channels: true,
  sequenced: true,
  sharded: true,
  maxMessageBytes: true,
  maxBuffered: true,
  overflow: true,
  maxPauseMs: true,
};

/** A {@link PubSub} with any declared channels, whose subscribers get `Received`. */
// biome-ignore lint/suspicious/noExplicitAny: with `unknown`, TypeScript before 6 refuses one with channels.
export type AnyPubSub<Received = any> = PubSub<any, Received, any>;

/** A message to publish. */
export interface Publication<Body, Name extends string = string> {
  channel: Name;
  body: Body;
}

/** The outcome of one message of a batch. */
export type PublishResult =
  | { status: 'published'; receivers: number }
  | { status: 'failed'; error: RedpostError };

/**
 * Publish/subscribe on Redis channels: at most once. A message reaches only the subscribers of that moment.
 * It consists of the encoded body alone, unless it is `sequenced`, so any Redis client can be at the other
 * end.
 */
export class PubSub<
  Body = unknown,
  Received = Body,
  Channels extends ChannelSchemas | undefined = undefined,
> implements AsyncDisposable
{
  readonly #connection: Connection;
  readonly #codec: Codec<unknown>;
  readonly #formats: ChannelFormats;
  readonly #publisher: Publisher;
  readonly #requests: Requests;
  readonly #sharded: boolean;
  readonly #sequenced: boolean;
  readonly #buffer: Complete<BufferOptions>;
  readonly #subscriptions = new Set<AsyncDisposable>();
  #closed = false;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: PubSubOptions<Body, Received, Channels> & WithoutSchema<Body>);
  constructor(
    options: Omit<PubSubOptions<Body, Received, Channels>, 'codec' | 'schema'> &
      WithSchema<Received, Body>,
  );
  constructor(options: PubSubOptions<Body, Received, Channels>);
  constructor(options: PubSubOptions<Body, Received, Channels>) {
    const connection = checkedConnection('A PubSub', options);
    refuseUnknownOptions('A PubSub', options, optionNames);
    const { schema, channels, sharded = false, sequenced = false } = options;
    const codec = (options.codec ?? json()) as Codec<unknown>;
    this.#connection = connection;
    this.#codec = codec;
    this.#sharded = sharded;
    this.#sequenced = sequenced;
    this.#formats = new ChannelFormats(codec, schema as Schema | undefined, channels);
    const publisher = new Publisher({
      connection,
      formats: this.#formats,
      sharded,
      sequenced,
      maxMessageBytes: checkedMaxMessageBytes(options.maxMessageBytes),
    });
    this.#publisher = publisher;
    this.#requests = new Requests({ connection, publisher, codec, sharded });
    this.#buffer = checkedBuffer(options);
  }

  /**
   * Publishes one message; resolves to the number of receivers that Redis counts, which are connections:
   * subscriptions over one connection count as one. In a Cluster, Redis counts only the receivers at the node
   * that was asked, which are all of them if the channel is sharded.
   *
   * Calls of one tick leave in one round trip. The messages of a channel are received in the order of the
   * calls. Bytes must stay unchanged until the promise is settled.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, MessageTooLargeError: nothing was sent.
   * @throws UnsupportedError when the server knows no sharded channels.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError: `outcome` says whether it may have been
   *   published.
   */
  publish<Name extends ChannelName<Channels>>(
    channel: Name,
    body: PublishBody<Body, Channels, Name>,
  ): Promise<number> {
    if (!isObserved('publish')) return this.#publisher.publish(channel, body);
    return observeSend(this.#operation('publish', channel, 1), () =>
      this.#publisher.publish(channel, body),
    );
  }

  /**
   * Publishes many messages, in one round trip per five hundred. Never rejects: each message has an
   * outcome of its own, in the order given.
   */
  async publishBatch<Name extends ChannelName<Channels>>(
    messages: Iterable<Publication<PublishBody<Body, Channels, Name>, Name>>,
  ): Promise<PublishResult[]> {
    const published = isObserved('publish')
      ? this.#publishObserved([...messages])
      : Array.from(messages, ({ channel, body }) => this.#publisher.publish(channel, body));
    const settled = await Promise.allSettled(published);
    return settled.map((result) =>
      result.status === 'fulfilled'
        ? { status: 'published', receivers: result.value }
        : { status: 'failed', error: result.reason },
    );
  }

  /**
   * Subscribes to one or more channels; resolves when Redis has confirmed it. Messages that are published
   * from then on arrive.
   *
   * @throws InvalidArgumentError for a name or an option that cannot work.
   * @throws UnsupportedError when the server knows no sharded channels.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError.
   * @throws the signal's reason when it is aborted first.
   */
  async subscribe<Name extends ChannelName<Channels>>(
    channels: Name | readonly Name[],
    options: Omit<SubscribeOptions<ReceivedBody<Received, Channels, Name>>, 'distinct'> = {},
  ): Promise<Subscription<ReceivedBody<Received, Channels, Name>>> {
    refuseUnknownOptions('subscribe()', options, subscribeOptionNames);
    if ((options as SubscribeOptions<unknown>).distinct) {
      throw new InvalidArgumentError('distinct is for patterns: channels deliver a message once');
    }
    const targets = this.#channelTargets(channels, options.group);
    const decode = ({ channel, payload }: ReceivedMessage) =>
      this.#formats.of(channel).decode(payload) as ReceivedBody<Received, Channels, Name>;
    return this.#open(targets, decode, options, this.#sequenced);
  }

  /**
   * Subscribes to all channels whose name matches a glob-style pattern, e.g. `chat.*`; otherwise
   * like `subscribe()`. A message whose channel matches several of the patterns arrives once for
   * each, with `message.pattern` saying for which, and only once with `distinct: true`. Sharded
   * channels have no patterns.
   */
  async subscribePattern<Name extends PatternName<Channels>>(
    patterns: Name | readonly Name[],
    options: Omit<SubscribeOptions<ReceivedBody<Received, Channels, Name>>, 'group'> = {},
  ): Promise<Subscription<ReceivedBody<Received, Channels, Name>>> {
    refuseUnknownOptions('subscribePattern()', options, subscribeOptionNames);
    const names = checkedNames('A pattern', patterns);
    if (this.#sharded) throw new InvalidArgumentError('Sharded channels have no patterns');
    if ((options as SubscribeOptions<unknown>).group !== undefined)
      throw new InvalidArgumentError('A group is for channels, not patterns');
    for (const name of names) this.#formats.ofPattern(name);
    const targets = names.map((name) => ({ kind: 'pattern', name }) as const);
    const decode = ({ pattern = '', payload }: ReceivedMessage) =>
      this.#formats.ofPattern(pattern).decode(payload) as ReceivedBody<Received, Channels, Name>;
    return this.#open(targets, decode, options, this.#sequenced);
  }

  /**
   * Publishes a request, and resolves to the answer of the first responder that gives one. The answer is
   * decoded, but not checked.
   *
   * @throws NoResponderError at once, when the channel has no responder.
   * @throws TimeoutError when no answer came in time; the request may have been handled.
   * @throws ResponderError when the responder's handler failed.
   * @throws DecodeError when the answer cannot be read.
   * @throws ClosedError when the PubSub or its connection is closed meanwhile.
   * @throws the errors of `publish()`, and the signal's reason when it is aborted.
   */
  async request<Answer = unknown, Name extends ChannelName<Channels> = ChannelName<Channels>>(
    channel: Name,
    body: PublishBody<Body, Channels, Name>,
    options: RequestOptions = {},
  ): Promise<Answer> {
    return (await this.#requests.request(channel, body, options)) as Answer;
  }

  /**
   * Answers the requests that are sent to a channel: with what `handler` returns, or with the error
   * that it throws. Resolves when Redis has confirmed the subscription. Every responder answers,
   * and the first answer counts; those of one `group` share the requests.
   *
   * @throws as `subscribe()` does.
   */
  async respond<Name extends ChannelName<Channels>>(
    channel: Name,
    handler: RespondHandler<ReceivedBody<Received, Channels, Name>>,
    options: RespondOptions = {},
  ): Promise<Responder> {
    type Request = IncomingRequest<ReceivedBody<Received, Channels, Name>>;
    refuseUnknownOptions('respond()', options, respondOptionNames);
    const { concurrency = 100, ...rest } = options;
    wholeNumber('concurrency', concurrency, { min: 1 });
    const targets = this.#channelTargets(channel, options.group);
    const [publisher, codec] = [this.#publisher, this.#codec];
    const answering = new Answering({ publisher, codec, handler, concurrency });
    const decode = (received: ReceivedMessage): Request | Promise<Request> => {
      const { body: bytes, ...head } = unsealRequest(received.payload.bytes);
      const body: unknown = this.#formats.of(channel).decode(Slice.of(bytes));
      if (body instanceof Promise) return body.then((its) => ({ body: its, ...head }));
      return { body, ...head } as Request;
    };
    const subscribing = { ...rest, onMessage: answering.take };
    return this.#open(targets, decode, subscribing, undefined, (its) => answering.reportTo(its));
  }

  /** Closes its subscriptions and refuses further calls. The connection stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#publisher.close();
    const closing = Array.from(this.#subscriptions, (each) => each[Symbol.asyncDispose]());
    await Promise.all([...closing, this.#requests.close()]);
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One operation for each channel. */
  #publishObserved(messages: readonly Publication<unknown>[]): Promise<number>[] {
    const published: Promise<number>[] = [];
    for (const channel of new Set(messages.map((message) => message.channel))) {
      const own = [...messages.entries()].filter(([, message]) => message.channel === channel);
      const operation = this.#operation('publishBatch', channel, own.length);
      const all = observeSend(operation, () =>
        Promise.allSettled(own.map(([, { body }]) => this.#publisher.publish(channel, body))),
      );
      own.forEach(([at], n) => {
        published[at] = all.then((results) => {
          const result = results[n] as PromiseSettledResult<number>;
          if (result.status === 'rejected') throw result.reason;
          return result.value;
        });
      });
    }
    return published;
  }

  #operation(method: string, name: string, count: number) {
    const { address } = this.#connection;
    return { kind: 'channel' as const, name, address, method, count, headers: undefined };
  }

  #channelTargets(
    channels: string | readonly string[],
    group: string | undefined,
  ): SubscriptionTarget[] {
    const names = checkedNames('A channel', channels);
    for (const name of names) this.#formats.of(name);
    if (group !== undefined) this.#checkGroup(names, group);
    return names.map((name) => ({ kind: this.#sharded ? 'shard' : 'channel', name }));
  }

  #checkGroup(names: string[], group: string): void {
    checkedGroup(group);
    for (const name of names) groupName(name, group);
    if (!this.#connection.isCluster || this.#sharded) return;
    // The nodes of a Cluster do not all see the messages in the same order.
    throw new InvalidArgumentError('In a Cluster, groups need a PubSub that is sharded');
  }

  async #open<Its>(
    targets: SubscriptionTarget[],
    decode: (received: ReceivedMessage) => Its | Promise<Its>,
    options: SubscribeOptions<Its>,
    sequenced: boolean | undefined,
    prepare?: (subscription: ChannelSubscription<Its>) => void,
  ): Promise<ChannelSubscription<Its>> {
    if (this.#closed) throw new ClosedError('This PubSub is closed');
    options.signal?.throwIfAborted();
    const subscription = new ChannelSubscription<Its>({
      connection: this.#connection,
      targets,
      decode,
      isJson: this.#formats.isJson,
      onMessage: options.onMessage,
      signal: options.signal,
      group: options.group,
      distinct: options.distinct ?? false,
      sequenced,
      ...checkedBuffer(options, this.#buffer),
    });
    prepare?.(subscription);
    this.#subscriptions.add(subscription);
    subscription.on('closed', () => this.#subscriptions.delete(subscription));
    await subscription.open();
    return subscription;
  }
}
