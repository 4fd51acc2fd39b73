/**
 * Subscriptions as a `PubSubEngine` of graphql-subscriptions.
 *
 * @module @redpost/pubsub/graphql-subscriptions
 */

import type { PubSubEngine } from 'graphql-subscriptions';
import type { AnyPubSub } from '../pubsub.js';
import type { Subscription } from '../subscribing/subscription.js';

/** The iterator type of version 3, which is a class of its own, though only its methods are used. */
type Iterator<Payload> = ReturnType<typeof PubSubEngine.prototype.asyncIterableIterator<Payload>>;

/**
 * Channels as the `PubSubEngine` of graphql-subscriptions (versions 2 and 3): a trigger is a channel. Only
 * types of that package are imported.
 */
export class GraphQLPubSub implements PubSubEngine {
  readonly #pubsub: AnyPubSub;
  readonly #subscriptions = new Map<number, Subscription<unknown>>();
  #lastId = 0;

  /** @param pubsub is used, but never closed here. */
  constructor(pubsub: AnyPubSub) {
    this.#pubsub = pubsub;
  }

  /** @throws the errors of `PubSub.publish()`. */
  async publish(triggerName: string, payload: unknown): Promise<void> {
    await this.#pubsub.publish(triggerName, payload);
  }

  /**
   * Resolves to the id for `unsubscribe()` when Redis has confirmed the subscription.
   *
   * @param options with `pattern: true`, `triggerName` is a pattern.
   */
  async subscribe(
    triggerName: string,
    onMessage: (payload: never) => unknown,
    options: { pattern?: boolean | undefined } = {},
  ): Promise<number> {
    const handler = { onMessage: ({ body }: { body: unknown }) => onMessage(body as never) };
    const subscription = options.pattern
      ? await this.#pubsub.subscribePattern(triggerName, handler)
      : await this.#pubsub.subscribe(triggerName, handler);
    this.#lastId += 1;
    const id = this.#lastId;
    this.#subscriptions.set(id, subscription);
    subscription.on('closed', () => this.#subscriptions.delete(id));
    return id;
  }

  /** Ends the subscription of this id. Does nothing when there is none. */
  unsubscribe(subscriptionId: number): void {
    const subscription = this.#subscriptions.get(subscriptionId);
    this.#subscriptions.delete(subscriptionId);
    void subscription?.close();
  }

  /** The payloads of one or more triggers, from the first `next()` on. */
  asyncIterableIterator<Payload>(triggers: string | readonly string[]): Iterator<Payload> {
    let opening: Promise<Subscription<unknown>> | undefined;
    let ended = false;
    const iterator: AsyncIterableIterator<Payload> = {
      next: async () => {
        if (ended) return { value: undefined, done: true };
        opening ??= this.#pubsub.subscribe(triggers);
        const message = await (await opening).next();
        return message
          ? { value: message.body as Payload, done: false }
          : { value: undefined, done: true };
      },
      return: async () => {
        ended = true;
        // `next()` has thrown the error of a subscription that could not be opened.
        const subscription = await opening?.catch(() => undefined);
        await subscription?.close();
        return { value: undefined, done: true };
      },
      throw: async (error) => {
        await iterator.return?.();
        throw error;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator as Iterator<Payload>;
  }

  /** The name of `asyncIterableIterator()` in version 2. */
  asyncIterator<Payload>(triggers: string | readonly string[]): Iterator<Payload> {
    return this.asyncIterableIterator(triggers);
  }
}
