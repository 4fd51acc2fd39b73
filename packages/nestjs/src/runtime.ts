import { type Connection, connect, InvalidArgumentError } from '@redpost/core';
import { Queue } from '@redpost/queue';
import type { RedpostModuleOptions, RegisteredQueue } from './options.js';

// biome-ignore lint/suspicious/noExplicitAny: a queue of any bodies.
export type AnyQueue = Queue<any, any>;

/** Something that is stopped before the queues are closed. */
interface Stoppable {
  stop(options: { timeoutMs?: number | undefined }): Promise<void>;
}

/** What belongs to one connection of an application. It ends in this order: consumers, queues, the connection. */
export class RedpostRuntime {
  readonly connection: Connection;
  readonly #options: RedpostModuleOptions;
  readonly #queues = new Map<string, AnyQueue>();
  readonly #consumers = new Set<Stoppable>();

  /** @throws InvalidArgumentError for options that `connect()` cannot use. */
  constructor(options: RedpostModuleOptions) {
    if ((options.target === undefined) === (options.connection === undefined)) {
      throw new InvalidArgumentError('RedpostModule needs either a target or a connection');
    }
    this.#options = options;
    this.connection =
      options.connection ?? connect(options.target as string, options.connect ?? {});
  }

  /** Whether consumers are started here. */
  get runsConsumers(): boolean {
    return this.#options.consumers ?? true;
  }

  /** Makes a queue. One that is registered again, by another module, is the same. */
  register({ name, connection: _, ...options }: RegisteredQueue): AnyQueue {
    const queue =
      this.#queues.get(name) ?? new Queue(name, { ...options, connection: this.connection });
    this.#queues.set(name, queue);
    return queue;
  }

  /** @throws InvalidArgumentError for a queue that no module has registered. */
  queue(name: string): AnyQueue {
    const queue = this.#queues.get(name);
    if (queue) return queue;
    throw new InvalidArgumentError(
      `The queue '${name}' is not registered: import RedpostModule.registerQueue('${name}')`,
    );
  }

  add(consumer: Stoppable): void {
    this.#consumers.add(consumer);
  }

  /** Lets handlers finish. */
  async stop(consumer: Stoppable): Promise<void> {
    this.#consumers.delete(consumer);
    await consumer.stop({ timeoutMs: this.#options.stopTimeoutMs });
  }

  /** Called by Nest after the modules have been destroyed: what has not been stopped with its module. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => this.stop(consumer)));
  }

  /** Called by Nest when no more requests come. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    if (!this.#options.connection) await this.connection.close();
  }
}
