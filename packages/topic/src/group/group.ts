import { ClosedError, type Reply, refuseUnknownOptions } from '@redpost/core';
import { GroupConsumer } from '../consuming/group-consumer.js';
import type { RecordHandler } from '../consuming/group-consumer-events.js';
import { type From, startOf } from '../record/offset.js';
import { seek } from '../scripts/seek.js';
import type { TopicContext } from '../topic-context.js';
import { checkGroupName } from '../topic-keys.js';
import type { GroupContext } from './group-context.js';
import { GroupDeadLetters } from './group-dead-letters.js';
import {
  checkedConsumeOptions,
  type GroupConsumeOptions,
  type GroupOptions,
  groupConsumeOptionNames,
} from './group-options.js';
import { type PartitionProgress, partitionProgress } from './group-progress.js';

/** How far a consumer group has come. */
export interface GroupStats {
  /** Not delivered yet. */
  lag: number;
  /** With a consumer now, or waiting for another attempt. */
  pending: number;
  /** Of these: waiting for another attempt. */
  delayed: number;
  /** Given up. */
  dead: number;
  /** Consumers that hold a lease: with partitions, one for each that is worked on. */
  consumers: number;
  /** Since the group exists. */
  total: {
    acked: number;
    retried: number;
    /** Dead-lettered, redriven ones included. */
    dead: number;
    /** Returned to the group after their consumer had died. */
    recovered: number;
  };
}

/** The topic that a group belongs to. */
export interface GroupOwner<Body> {
  /** The groups that have consumers here. */
  readonly active: Set<ConsumerGroup<Body>>;
  /** Aborted when the topic is closed. */
  readonly closing: AbortSignal;
}

/**
 * A consumer group: each record of the topic is delivered to one of its members, at least once.
 */
export class ConsumerGroup<Body = unknown> {
  readonly name: string;
  /** The records that this group has given up. */
  readonly deadLetters: GroupDeadLetters<Body>;
  readonly #context: GroupContext<Body>;
  readonly #options: GroupOptions;
  readonly #owner: GroupOwner<Body>;
  readonly #consumers = new Set<GroupConsumer<Body>>();
  #isClosed = false;

  /** @throws InvalidArgumentError for a name that cannot be a group's, or a place that cannot be. */
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
      partitions: topic.keys.partitions.map((partition) => partition.group(name)),
      isOrdered: topic.facts.partitions !== undefined,
    };
    this.deadLetters = new GroupDeadLetters(this.#context);
  }

  /**
   * Becomes a member: calls `handler` for each record it gets, until the consumer is stopped. A
   * group that does not exist yet is made, and begins at the option `from` of `topic.group()`.
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
   * Sets where the group reads on, in all partitions, and makes the group if it does not exist.
   * Records that wait for another attempt are skipped; those in handlers now stay with them, and
   * may be delivered once more if they are after that place.
   */
  async seek(to: From): Promise<void> {
    const { topic, group, signal, partitions } = this.#context;
    const offset = startOf(to);
    await topic.facts.declared();
    await Promise.all(
      partitions.map((keys) => topic.connection.run(seek, { keys, group, offset, signal })),
    );
  }

  /**
   * How many records were not delivered to this group yet and can still be read. Where the server
   * cannot tell, they are counted, a thousand at a time: before Redis 7, after a seek to the middle,
   * after records were deleted one by one, and, on Redis 7 and Valkey 8.0, once retention has removed
   * any.
   */
  async lag(): Promise<number> {
    const all = await this.#progress();
    return sum(all.map(({ lag }) => lag));
  }

  /** Counts. Costs the same however much there is, but for `lag`: see there. */
  async stats(): Promise<GroupStats> {
    const { partitions, topic } = this.#context;
    const progress = await this.#progress();
    const call = async (command: string, key: string) =>
      Number(await topic.connection.call(command, [key]));
    const all = await Promise.all(
      partitions.map(async (keys) => ({
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

  /** How far it has come, by partition. */
  async #progress(): Promise<PartitionProgress[]> {
    const { partitions, topic } = this.#context;
    await topic.facts.checked();
    const context = this.#context as GroupContext;
    return Promise.all(partitions.map((keys) => partitionProgress(context, keys)));
  }

  /** Stops its consumers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** A hash comes as a flat array from RESP2, and as pairs from RESP3's map. */
function counters(reply: Reply): Map<string, number> {
  const flat = (reply as Reply[]).flat() as Buffer[];
  const map = new Map<string, number>();
  for (let at = 0; at < flat.length; at += 2) map.set(String(flat[at]), Number(flat[at + 1]));
  return map;
}
