import { type Connection, text } from '@redpost/core';
import { PubSub, type Subscription } from '@redpost/pubsub';

const arrivalMs = 2000;
/** How long to look for messages that should not be there. */
const surplusMs = 50;

/**
 * A subscriber that compares what it gets with what was published while it was subscribed.
 *
 * It has a connection of its own, as a process of its own would: Redis counts connections, so two
 * subscriptions that share one are one receiver.
 */
export class Listener implements AsyncDisposable {
  readonly name: string;
  readonly #connection: Connection;
  readonly #subscription: Subscription<string>;
  readonly #expected: string[] = [];
  readonly #received: string[] = [];

  private constructor(name: string, connection: Connection, subscription: Subscription<string>) {
    this.name = name;
    this.#connection = connection;
    this.#subscription = subscription;
  }

  /** Resolves when Redis has confirmed the subscription. */
  static async join(name: string, channel: string, connection: Connection): Promise<Listener> {
    try {
      const pubsub = new PubSub<string>({ connection, codec: text() });
      return new Listener(name, connection, await pubsub.subscribe(channel));
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get received(): number {
    return this.#received.length;
  }

  get isExact(): boolean {
    return (
      this.#received.length === this.#expected.length &&
      this.#received.every((body, at) => body === this.#expected[at])
    );
  }

  expect(body: string): void {
    this.#expected.push(body);
  }

  /** The next message, or undefined when none comes. */
  async next(signal?: AbortSignal, timeoutMs = arrivalMs): Promise<string | undefined> {
    const message = await this.#subscription.next({ timeoutMs, ...(signal && { signal }) });
    if (message) this.#received.push(message.body);
    return message?.body;
  }

  /** Reads what came beyond what was waited for, so that it counts. */
  async drain(): Promise<void> {
    while ((await this.next(undefined, surplusMs)) !== undefined);
  }

  /** Also ends the subscription. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close();
  }
}
