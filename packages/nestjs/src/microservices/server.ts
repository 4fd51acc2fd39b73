import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import {
  type Connection,
  type ConnectionTarget,
  type ConnectOptions,
  connect,
  InvalidArgumentError,
} from '@redpost/core';
import {
  type ConsumeOptions,
  type Consumer,
  type Delivery,
  Queue,
  type QueueOptions,
} from '@redpost/queue';
import { defaultIfEmpty, lastValueFrom } from 'rxjs';
import { RedpostContext } from './context.js';
import { errorToSend, type PatternMessage, type PatternReply } from './wire.js';

/** Where the messages of a service come from. */
export interface RedpostServerOptions {
  /** The queue of the service: all its messages wait there. Its clients have the same. */
  queue: string;
  /** Where Redis is: what `connect()` takes. This connection is closed with the service. */
  target?: ConnectionTarget | undefined;
  /** Options of `connect()`. */
  connect?: ConnectOptions | undefined;
  /** A connection of your own, in the place of `target`. It is not closed. */
  connection?: Connection | undefined;
  /** Options of the consumer, e.g. `concurrency`. */
  consume?: ConsumeOptions | undefined;
  /** Options of the queue. */
  queueOptions?: Omit<QueueOptions<PatternMessage>, 'connection' | 'consume'> | undefined;
}

type Events = { error: (error: Error) => void };

/**
 * A transport strategy: a service whose requests and events are messages of a queue, so none is lost when it is down or killed.
 *
 * - `@MessagePattern`: what the handler returns is the answer, of an observable its last value. What it throws is the answer, too, and no
 *   failed attempt: only after a crash is the request handled again, while its client still waits.
 * - `@EventPattern`: an event is acknowledged when all its handlers are through. If one throws, the event is retried, and becomes a dead letter
 *   after `maxAttempts`: so handlers should be idempotent.
 *
 * A message without a handler becomes a dead letter, with the reason `no-handler`.
 *
 * ```ts
 * app.connectMicroservice({ strategy: new RedpostServer({ target: 'redis://localhost:6379', queue: 'orders' }) });
 * ```
 */
export class RedpostServer extends Server<Events> implements CustomTransportStrategy {
  override readonly transportId: symbol = Symbol.for('redpost');
  readonly #options: RedpostServerOptions;
  readonly #connection: Connection;
  readonly #queue: Queue<PatternMessage>;
  readonly #listeners: ((error: Error) => void)[] = [];
  #consumer: Consumer<PatternMessage> | undefined;

  /** @throws InvalidArgumentError for options that cannot work. */
  constructor(options: RedpostServerOptions) {
    super();
    this.#options = options;
    this.#connection = connectionOf('RedpostServer', options);
    this.#queue = new Queue<PatternMessage>(options.queue, {
      ...options.queueOptions,
      connection: this.#connection,
    });
  }

  /** Starts to handle messages. Called by Nest. */
  listen(callback: (...args: unknown[]) => unknown): void {
    this.#consumer = this.#queue.consume(
      (delivery) => this.#handle(delivery),
      this.#options.consume,
    );
    this.#consumer.on('error', (error) => {
      for (const listener of this.#listeners) listener(error);
      if (this.#listeners.length === 0) this.logger.error(error);
    });
    callback();
  }

  /** Lets handlers finish, then closes the queue and the connection. Called by Nest. */
  async close(): Promise<void> {
    await this.#consumer?.stop();
    await this.#queue.close();
    if (!this.#options.connection) await this.#connection.close();
  }

  /** Calls `callback` when something fails in the background, e.g. Redis is away. */
  on<Event extends keyof Events>(_event: Event, callback: Events[Event]): void {
    this.#listeners.push(callback);
  }

  /** The queue of the service. */
  unwrap<Unwrapped = Queue<PatternMessage>>(): Unwrapped {
    return this.#queue as Unwrapped;
  }

  async #handle(delivery: Delivery<PatternMessage>): Promise<PatternReply | undefined> {
    const handler = this.getHandlerByPattern(delivery.headers.pattern ?? '');
    if (!handler) {
      await delivery.deadLetter('no-handler');
      return undefined;
    }
    const context = new RedpostContext([delivery as Delivery]);
    if (handler.isEventHandler) return this.#handleEvent(handler, delivery.body, context);
    try {
      return { response: await this.#call(handler, delivery.body, context) };
    } catch (thrown) {
      return { error: errorToSend(thrown) };
    }
  }

  /** Further handlers of the same event are called by the first one. */
  async #handleEvent(
    handler: MessageHandler,
    body: PatternMessage,
    context: RedpostContext,
  ): Promise<undefined> {
    try {
      await this.#call(handler, body, context);
    } catch (thrown) {
      throw thrown instanceof Error ? thrown : new Error(textOf(thrown), { cause: thrown });
    }
  }

  /** Resolves to what the handler has returned, of an observable to its last value. */
  async #call(
    handler: MessageHandler,
    { data }: PatternMessage,
    context: RedpostContext,
  ): Promise<unknown> {
    const result = this.transformToObservable(await handler(data, context));
    return lastValueFrom(result.pipe(defaultIfEmpty(undefined)));
  }
}

/** @throws InvalidArgumentError unless there is either a target or a connection. */
export function connectionOf(
  who: string,
  {
    target,
    connection,
    connect: options,
  }: Pick<RedpostServerOptions, 'target' | 'connection' | 'connect'>,
): Connection {
  if ((target === undefined) === (connection === undefined)) {
    throw new InvalidArgumentError(`${who} needs either a target or a connection`);
  }
  return connection ?? connect(target as string, options ?? {});
}

/** What Nest's exception filters throw is an object with a message. */
function textOf(thrown: unknown): string {
  const { message } = (thrown ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}
