import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Connection } from '@redpost/core';
import { Queue, type SendOptions } from '@redpost/queue';
import { connectionOf, type RedpostServerOptions } from './server.js';
import type { PatternMessage, PatternReply } from './wire.js';

/** Where the messages for a service go. */
export interface RedpostClientOptions
  extends Pick<
    RedpostServerOptions,
    'queue' | 'target' | 'connect' | 'connection' | 'queueOptions'
  > {
  /** How long the answer to a request is waited for, in ms. Default 10 000. */
  requestTimeoutMs?: number | undefined;
  /** Options of the messages of events, e.g. `ttlMs`. */
  event?: Omit<SendOptions, 'id' | 'headers' | 'bare'> | undefined;
}

type Events = Record<never, never>;

/**
 * A client of a service with a `RedpostServer`. `send(pattern, data)` is a request, and `emit(pattern, data)` an event: its observable completes
 * when the event is stored in Redis, even while the service is down.
 *
 * ```ts
 * providers: [{ provide: 'ORDERS', useFactory: () => new RedpostClient({ target: 'redis://localhost:6379', queue: 'orders' }) }]
 * ```
 */
export class RedpostClient extends ClientProxy<Events> {
  readonly #options: RedpostClientOptions;
  readonly #connection: Connection;
  readonly #queue: Queue<PatternMessage>;

  /** @throws InvalidArgumentError for options that cannot work. */
  constructor(options: RedpostClientOptions) {
    super();
    this.#options = options;
    this.#connection = connectionOf('RedpostClient', options);
    this.#queue = new Queue<PatternMessage>(options.queue, {
      ...options.queueOptions,
      connection: this.#connection,
    });
  }

  /** Resolves when Redis answers. Requests and events need not wait for it. */
  async connect(): Promise<void> {
    await this.#connection.ping();
  }

  /** Closes the queue, and the connection if it was made here. */
  async close(): Promise<void> {
    await this.#queue.close();
    if (!this.#options.connection) await this.#connection.close();
  }

  /** Called by Nest when the application is shut down. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** The queue of the service. */
  unwrap<Unwrapped = Queue<PatternMessage>>(): Unwrapped {
    return this.#queue as Unwrapped;
  }

  /** Sends a request. Called by `send()`. */
  protected publish(
    { pattern, data }: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    const over = new AbortController();
    const headers = { pattern: this.normalizePattern(pattern) };
    const { requestTimeoutMs: timeoutMs } = this.#options;
    const { signal } = over;
    this.#queue.request<PatternReply>({ data }, { headers, timeoutMs, signal }).then(
      (reply) => {
        if ('error' in reply) callback({ err: reply.error, isDisposed: true });
        else callback({ response: reply.response, isDisposed: true });
      },
      // Who has unsubscribed waits for nothing.
      (err) => !signal.aborted && callback({ err, isDisposed: true }),
    );
    return () => over.abort();
  }

  /** Sends an event. Called by `emit()`. */
  protected async dispatchEvent<Result>({ pattern, data }: ReadPacket): Promise<Result> {
    const headers = { pattern: this.normalizePattern(pattern) };
    const id = await this.#queue.send({ data }, { ...this.#options.event, headers });
    return id as Result;
  }
}
