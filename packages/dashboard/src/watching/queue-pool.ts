import { bytes, type Connection, decodeOnly, isForeignName } from '@redpost/core';
import { listQueues, Queue } from '@redpost/queue';
import type { DashboardOptions } from '../options.js';

/** A queue as the dashboard uses it. */
export interface KnownQueue {
  queue: Queue;
  /** True where bodies are bytes, which the dashboard reads itself. */
  isRaw: boolean;
}

/** How many `Queue` objects are kept. */
const mostKept = 5000;

/** The queues that the dashboard shows. */
export class QueuePool {
  readonly #connection: Connection;
  readonly #given: ReadonlyMap<string, KnownQueue> | undefined;
  readonly #opened = new Map<string, KnownQueue>();

  constructor({ connection, queues }: Pick<DashboardOptions, 'connection' | 'queues'>) {
    this.#connection = connection;
    if (!queues) return;
    const known = queues.map((each): [string, KnownQueue] =>
      typeof each === 'string'
        ? [each, this.#open(each)]
        : [each.name, { queue: each as unknown as Queue, isRaw: false }],
    );
    this.#given = new Map(known);
  }

  /** The names of all queues that are shown, in their order. */
  async names(): Promise<string[]> {
    if (this.#given) return [...this.#given.keys()].sort();
    return (await listQueues(this.#connection)).map(({ name }) => name);
  }

  /** Undefined if it is not shown. @throws InvalidArgumentError for what cannot be the name of a queue. */
  get(name: string): KnownQueue | undefined {
    if (this.#given) return this.#given.get(name);
    const opened = this.#opened.get(name) ?? this.#open(name);
    if (this.#opened.size >= mostKept) this.#opened.clear();
    this.#opened.set(name, opened);
    return opened;
  }

  #open(name: string): KnownQueue {
    const codec = isForeignName(name) ? decodeOnly(bytes()) : bytes();
    const queue = new Queue(name, { connection: this.#connection, codec });
    return { queue: queue as unknown as Queue, isRaw: true };
  }
}
