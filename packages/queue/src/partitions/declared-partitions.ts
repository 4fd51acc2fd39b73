import { type QueueStats, readStats } from '../admin/queue-stats.js';
import { divide } from './divide.js';
import { forgetDrained } from './drained.js';
import { PartitionsMovingError } from './errors.js';
import { checkedPartitions, type Partitions } from './partitions.js';

/** How a queue is divided. */
export interface PartitionsInfo {
  /** How many partitions new messages go to; 0 for a queue that is not divided. */
  readonly count: number;
  /**
   * The lists that its consumers take from: that of the queue's name, then that of each partition there has ever been. Lists of
   * partitions that it has no longer are there until the queue is destroyed, for what is still sent to them.
   */
  readonly lists: readonly string[];
  /**
   * True while messages of keys may wait where they went before the number has changed, and until all producers know that none does any
   * more. The number cannot be changed meanwhile.
   */
  readonly isMoving: boolean;
}

/** How many messages are in one list of a queue. */
export interface PartitionStats
  extends Pick<QueueStats, 'pending' | 'active' | 'delayed' | 'dead'> {
  readonly list: string;
}

/**
 * Into how many partitions a queue is divided: lists in Cluster slots of their own, so that several masters share its work.
 *
 * ```ts
 * await jobs.partitions.set(6);
 * ```
 */
export class DeclaredPartitions {
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  /** How the queue is divided now. */
  async get(): Promise<PartitionsInfo> {
    await this.#partitions.reread();
    const { division, known } = this.#partitions;
    return {
      count: division.count,
      lists: known.map(({ keys }) => keys.list),
      isMoving: division.before !== undefined,
    };
  }

  /** Counts the messages in each list, in the order of `get().lists`. */
  async stats(): Promise<PartitionStats[]> {
    const lists = await this.#partitions.all();
    return Promise.all(
      lists.map(async (each) => {
        const { pending, active, delayed, dead } = await readStats(each);
        return { list: each.keys.list, pending, active, delayed, dead };
      }),
    );
  }

  /**
   * Divides the queue into more or fewer partitions, or a queue that was not divided, while it works. New messages go to the new
   * partitions at once, by producers that run already after half a minute at most. What waits in others stays there and is handled. Of
   * keys whose partition is another one now, consumers send what waits on to it, and messages keep their order.
   *
   * @throws InvalidArgumentError for a number that cannot be, or for which the limits of the queue are too small: nothing has changed.
   * @throws PartitionsMovingError while messages of keys wait where they went before the last change, which is assumed for a minute at
   *   least, and for a minute after that: nothing has changed.
   */
  async set(count: number): Promise<PartitionsInfo> {
    const checked = checkedPartitions(count) as number;
    const { count: present, isMoving } = await this.get();
    const { known, name } = this.#partitions;
    if (checked !== present) {
      const isFree = !isMoving || (await forgetDrained(known, present));
      const division = isFree ? await divide(this.#partitions, checked, false) : undefined;
      if (division?.count !== checked) {
        await this.#partitions.reread();
        throw new PartitionsMovingError(name, this.#partitions.division);
      }
      this.#partitions.heard(division);
    }
    return this.get();
  }
}
