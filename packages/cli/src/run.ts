import type { Connection } from '@redpost/core';
import { isRedpostError } from '@redpost/core/consuming';
import type { PubSub } from '@redpost/pubsub';
import type { MaxLength, Queue, QueueOptions } from '@redpost/queue';
import type { PartitionCountError, Topic } from '@redpost/topic';
import { asIs, type Body, shownAsIs } from './messages/body-codec.js';
import {
  type ConnectionChoice,
  type OpenRedis,
  openRedis,
  reach,
} from './options/connection-options.js';
import type { Output } from './output/output.js';
import { exitCodes } from './program/exit-codes.js';
import { type Interruption, onAbort } from './program/interruption.js';

export interface GlobalOptions extends ConnectionChoice {
  verbose?: boolean;
}

/**
 * The resources of a command: Redis, the output, and interruptions by Ctrl-C.
 *
 * Packages are loaded when a command asks for something of theirs, so that each starts as fast as it can.
 */
export class Run {
  readonly output: Output;
  readonly interruption: Interruption;
  readonly isVerbose: boolean;
  readonly #options: GlobalOptions;
  #redis: OpenRedis | undefined;
  readonly #closing: { close(): Promise<void> }[] = [];

  constructor(options: GlobalOptions, output: Output, interruption: Interruption) {
    this.#options = options;
    this.output = output;
    this.interruption = interruption;
    this.isVerbose = options.verbose === true || Boolean(process.env.REDPOST_DEBUG);
  }

  /** Where Redis is; may hold a password. */
  get redisUrl(): string | undefined {
    return this.#redis?.url;
  }

  async connection(): Promise<Connection> {
    const { connection } = await this.#open();
    await reach(connection);
    return connection;
  }

  /** @param maxLength how many messages may wait, for `send`. */
  async queue(name: string, maxLength?: MaxLength): Promise<Queue<Buffer, Body>> {
    return this.#queue(name, { codec: asIs, maxLength });
  }

  /** A queue to show or to pause, or its dead letters: also a list that another system reads. */
  async shownQueue(name: string): Promise<Queue<Buffer, Body>> {
    const { isForeignName } = await import('@redpost/core');
    return this.#queue(name, { codec: isForeignName(name) ? shownAsIs : asIs });
  }

  async #queue(
    name: string,
    options: Pick<QueueOptions<Body>, 'codec' | 'maxLength'>,
  ): Promise<Queue<Buffer, Body>> {
    const { Queue } = await import('@redpost/queue');
    const { connection } = await this.#open();
    const queue = new Queue<Buffer, Body>(name, { connection, ...options });
    this.#closing.push(queue);
    await reach(connection);
    return queue;
  }

  /** A topic, with the partitions that it has. @param partitions how many it has if it is new. */
  async topic(name: string, partitions?: number): Promise<Topic<Buffer, Body>> {
    const { Topic } = await import('@redpost/topic');
    const connection = await this.connection();
    const open = (its: number | undefined) => {
      const topic = new Topic<Buffer, Body>(name, { connection, codec: asIs, partitions: its });
      this.#closing.push(topic);
      return topic;
    };
    const topic = open(partitions);
    try {
      await topic.stats();
      return topic;
    } catch (error) {
      if (partitions !== undefined || !isRedpostError(error, 'PARTITION_COUNT')) throw error;
      return open((error as PartitionCountError).partitions);
    }
  }

  async pubsub(): Promise<PubSub<Body, Buffer>> {
    const { PubSub } = await import('@redpost/pubsub');
    const connection = await this.connection();
    return new PubSub<Body, Buffer>({ connection, codec: asIs });
  }

  /** Ends everything. Messages that were taken and not acknowledged return to the queue. */
  async close(): Promise<void> {
    await Promise.all(this.#closing.map((each) => each.close()));
    await this.#redis?.close();
  }

  async #open(): Promise<OpenRedis> {
    this.#redis ??= await openRedis(this.#options);
    return this.#redis;
  }
}

/**
 * Resolves to `job`'s result, or to the exit code of an interruption as soon as one comes: for jobs that have
 * nothing to finish first.
 */
export function unlessInterrupted(
  { interruption }: Run,
  job: Promise<number | undefined>,
): Promise<number | undefined> {
  const interrupted = new Promise<number>((resolve) => {
    onAbort(interruption.stopping, () => resolve(interruption.exitCode ?? exitCodes.failed));
  });
  return Promise.race([job, interrupted]);
}
