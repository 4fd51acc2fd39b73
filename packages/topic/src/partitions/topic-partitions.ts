import { areIdle } from '../group/group-idle.js';
import { groupNames } from '../group/group-names.js';
import { GroupPartitions } from '../group/group-partitions.js';
import type { TopicContext } from '../topic-context.js';
import { checkedPartitions } from '../topic-options.js';
import { change, complete } from './change.js';
import { forgetEmpty } from './forget-empty.js';

/** Which partitions a topic has. */
export interface TopicPartitionsInfo {
  /** How many partitions new records go to; 0 for a topic without partitions. */
  readonly count: number;
  /** The partitions that records may be in: those that the topic had before, and then those that it has. */
  readonly partitions: readonly TopicPartitionInfo[];
  /** True while a group has not settled all records of the partitions that the topic had before. */
  readonly isMoving: boolean;
}

/** One partition of a topic. */
export interface TopicPartitionInfo {
  /** Its number, which no other partition of the topic has or had. */
  readonly partition: number;
  /** The stream that its records are in. */
  readonly stream: string;
  /** True for a partition that the topic had before its number of partitions was changed: it gets no more records. */
  readonly isFormer: boolean;
}

/** How many records are in one partition of a topic. */
export interface TopicPartitionStats extends TopicPartitionInfo {
  readonly length: number;
}

/**
 * How many partitions a topic has: streams in Cluster slots of their own, each of which belongs to one member of a group at a time.
 *
 * ```ts
 * await events.partitions.set(12);
 * ```
 */
export class TopicPartitions {
  readonly #context: TopicContext;

  constructor(context: TopicContext) {
    this.#context = context;
  }

  /** Which partitions the topic has now. */
  async get(): Promise<TopicPartitionsInfo> {
    const { generations } = this.#context;
    await generations.checked();
    return {
      count: generations.current.count,
      partitions: this.#infos(),
      isMoving: await this.#isMoving(),
    };
  }

  /** Counts the records in each partition, in the order of `get().partitions`. */
  async stats(): Promise<TopicPartitionStats[]> {
    const { generations, connection } = this.#context;
    await generations.checked();
    return Promise.all(
      this.#infos().map(async (info) => {
        const length = Number(await connection.call('XLEN', [info.stream]));
        return { ...info, length };
      }),
    );
  }

  /**
   * Gives the topic more or fewer partitions, or partitions to a topic that had none, while it works. New records go to the new partitions
   * at once. Those that it had get no more records; each group settles what is left in them before it begins with the new ones, and so do readers, so that
   * records of a key keep their order.
   *
   * @throws InvalidArgumentError for a number that cannot be: nothing has changed.
   * @throws ConnectionError, TimeoutError, ServerError: the number may be changed nevertheless. A change that was interrupted is
   *   completed by the next call, or by a publisher.
   */
  async set(count: number): Promise<TopicPartitionsInfo> {
    const checked = checkedPartitions(count) ?? 0;
    const { generations } = this.#context;
    await complete(this.#context, await generations.checked());
    await forgetEmpty(this.#context);
    for (;;) {
      await generations.declared();
      const { current } = generations;
      if (current.count === checked || (await change(this.#context, current, checked))) break;
    }
    return this.get();
  }

  #infos(): TopicPartitionInfo[] {
    const { all, current } = this.#context.generations;
    return all.flatMap((generation) =>
      generation.partitions.map(({ number, keys }) => {
        return { partition: number, stream: keys.stream, isFormer: generation !== current };
      }),
    );
  }

  async #isMoving(): Promise<boolean> {
    const { generations, connection } = this.#context;
    const former = generations.former.flatMap(({ partitions }) => partitions);
    if (former.length === 0) return false;
    for (const group of await groupNames(connection, generations.partitions)) {
      const partitions = new GroupPartitions(generations, group);
      const context = { topic: this.#context, group };
      const its = former.flatMap(({ number }) => partitions.of(number) ?? []);
      if (!(await areIdle(context, its))) return true;
    }
    return false;
  }
}
