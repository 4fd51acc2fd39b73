import { ClosedError, type Reply, refuseUnknownOptions } from '@redpost/core';
import { checkedHandler, untilIdle } from '@redpost/core/consuming';
import { GroupConsumer } from '../consuming/group-consumer.js';
import type { RecordHandler } from '../consuming/group-consumer-events.js';
import type { RecordWrapper } from '../consuming/record-wrapper.js';
import { type From, startOf } from '../record/offset.js';
import { seek } from '../scripts/seek.js';
import type { TopicContext } from '../topic-context.js';
import { checkGroupName } from '../topic-keys.js';
import { type GroupConsumerInfo, readConsumers } from './group-consumers.js';
import type { GroupContext } from './group-context.js';
import { GroupDeadLetters } from './group-dead-letters.js';
import { isGroupIdle } from './group-idle.js';
import {
  checkedConsumeOptions,
  type GroupConsumeOptions,
  type GroupOptions,
  groupConsumeOptionNames,
} from './group-options.js';
import { GroupPartitions } from './group-partitions.js';
import { type PartitionProgress, partitionProgress } from './group-progress.js';

/** The numbers of a consumer group. */
export interface GroupStats {
  /** How many records were not delivered yet. */
  lag: number;
  /** How many records a consumer holds, or wait for another attempt. */
  pending: number;
  /** How many of these wait for another attempt. */
  delayed: number;
  /** How many dead letters there are. */
  dead: number;
  /** How many consumers hold a lease. With partitions, this is one for each partition that a member works on. */
  consumers: number;
  /** Counters since the group was created. */
  total: {
    acked: number;
    retried: number;
    /** Dead letters, redriven ones included. */
    dead: number;
    /** Records that were returned to the group after their consumer had died. */
    recovered: number;
  };
}

/** The topic that a group belongs to. */
export interface GroupOwner<Body> {
  /** The groups that have consumers here. */
  readonly active: Set<ConsumerGroup<Body, unknown>>;
  /** Aborted when the topic is closed. */
  readonly closing: AbortSignal;
}

/**
 * A consumer group: each record of the topic is delivered to one of its members, at least once.
 */
export class ConsumerGroup<Body = unknown, Input = Body> {
  readonly name: string;
  /** The dead letters of this group. */
  readonly deadLetters: GroupDeadLetters<Body, Input>;
  readonly #context: GroupContext<Body>;
  readonly #options: GroupOptions;
  readonly #owner: GroupOwner<Body>;
  readonly #consumers = new Set<GroupConsumer<Body>>();
  #isClosed = false;

  /** @throws InvalidArgumentError for an invalid name, or an impossible `from`. */
  constructor(
    topic: TopicContext<Body>,
    name: string,
    options: GroupOptions,
    owner: GroupOwner<Body>,
  ) {
    checkGroupName(name);
    startOf(options.from ?? 'beginning');
    this.name = name;
    this.#options = options;
    this.#owner = owner;
    this.#context = {
      topic,
      group: name,
      signal: topic.keys.signal(name),
      partitions: new GroupPartitions(topic.generations, name),
      wrappers: [],
    };
    this.deadLetters = new GroupDeadLetters(this.#context);
  }

  /**
   * Adds a member to the group, which calls `handler` for each record that it gets, until it is stopped. A group that does
   * not exist yet is created, and begins at the option `from` of `topic.group()`.
   */
  consume(handler: RecordHandler<Body>, options: GroupConsumeOptions = {}): GroupConsumer<Body> {
    refuseUnknownOptions('consume()', options, groupConsumeOptionNames);
    const { active, closing } = this.#owner;
    if (this.#isClosed || closing.aborted) throw new ClosedError('The topic is closed');
    const checked = checkedConsumeOptions({ ...this.#options, ...options });
    const { signal } = options;
    const consumer = new GroupConsumer(this.#context, handler, { ...checked, signal });
    this.#consumers.add(consumer);
    active.add(this);
    consumer.on('stopped', () => {
      this.#consumers.delete(consumer);
      if (this.#consumers.size === 0) active.delete(this);
    });
    return consumer;
  }

  /**
   * Adds a function that runs around each call of a handler, e.g. for logs, transactions or checks. The first one is the
   * outermost. It holds for consumers that are started by this object from now on.
   *
   * ```ts
   * const billing = topic.group('billing').use(async ({ offset }, next) => {
   *   console.log('begins', offset);
   *   return next();
   * });
   * ```
   *
   * `next()` calls the handler, at most once. What the function throws fails the attempt. If it does not call `next()` and
   * returns, the record is acknowledged.
   *
   * @throws InvalidArgumentError for what is no function.
   */
  use(around: RecordWrapper<Body>): this {
    this.#context.wrappers.push(checkedHandler(around) as RecordWrapper);
    return this;
  }

  /**
   * Sets the position of the group in all partitions, and creates the group if it does not exist. Records that wait for
   * another attempt are skipped. Records that handlers have now stay with them, and may be delivered once more if they are
   * after this position.
   */
  async seek(to: From): Promise<void> {
    const { topic, group, signal, partitions } = this.#context;
    const offset = startOf(to);
    await topic.generations.declared();
    await topic.generations.checked();
    // The oldest partitions first, so that members go back to them before they take others' records again.
    for (const generation of topic.generations.all) {
      const sought = partitions.in(generation).map(({ keys }) => {
        return topic.connection.run(seek, { keys, group, offset, signal });
      });
      await Promise.all(sought);
    }
  }

  /**
   * How many records were not delivered to this group yet and can still be read. If the server does not know the number,
   * the records are counted, a thousand per call: before Redis 7, after a seek to the middle, after records were deleted
   * one by one, and, on Redis 7 and Valkey 8.0, once retention has removed records.
   */
  async lag(): Promise<number> {
    const all = await this.#progress();
    return sum(all.map(({ lag }) => lag));
  }

  /**
   * Resolves when the group is idle: every record is delivered and settled, and none waits for another attempt. Asks Redis again
   * and again, at growing intervals up to half a second.
   *
   * @throws the reason of the signal, and what `stats()` throws.
   */
  async idle(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    refuseUnknownOptions('idle()', options, { signal: true });
    await untilIdle(() => isGroupIdle(this.#context as GroupContext), options.signal);
  }

  /** Reads the numbers of the group. Costs the same for any number of records, except for `lag`: see there. */
  async stats(): Promise<GroupStats> {
    const { partitions, topic } = this.#context;
    const progress = await this.#progress();
    const call = async (command: string, key: string) =>
      Number(await topic.connection.call(command, [key]));
    const all = await Promise.all(
      partitions.all.map(async ({ keys }) => ({
        delayed: await call('ZCARD', keys.delayed),
        consumers: await call('ZCARD', keys.consumers),
        counters: counters(await topic.connection.call('HGETALL', [keys.stats])),
      })),
    );
    const total = (name: string) => sum(all.map((each) => each.counters.get(name) ?? 0));
    return {
      lag: sum(progress.map(({ lag }) => lag)),
      pending: sum(progress.map(({ pending }) => pending)),
      delayed: sum(all.map(({ delayed }) => delayed)),
      dead: await this.deadLetters.count(),
      consumers: sum(all.map(({ consumers }) => consumers)),
      total: {
        acked: total('acked'),
        retried: total('retried'),
        dead: total('dead'),
        recovered: total('recovered'),
      },
    };
  }

  /**
   * Tells of each consumer that holds a lease, in every process, what it is and how many records it holds. With
   * partitions, there is one for each partition that a member works on.
   */
  async consumers(): Promise<GroupConsumerInfo[]> {
    await this.#context.topic.generations.checked();
    return readConsumers(this.#context as GroupContext);
  }

  /** How far the group has come, by partition. */
  async #progress(): Promise<PartitionProgress[]> {
    const { partitions, topic } = this.#context;
    await topic.generations.checked();
    const context = this.#context as GroupContext;
    return Promise.all(partitions.all.map(({ keys }) => partitionProgress(context, keys)));
  }

  /** Stops the consumers of this object. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Reads a hash, which RESP2 answers as a flat array, and RESP3 as pairs. */
function counters(reply: Reply): Map<string, number> {
  const flat = (reply as Reply[]).flat() as Buffer[];
  const map = new Map<string, number>();
  for (let at = 0; at < flat.length; at += 2) map.set(String(flat[at]), Number(flat[at + 1]));
  return map;
}
