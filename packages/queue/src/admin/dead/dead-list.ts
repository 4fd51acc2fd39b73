import type { QueueContext } from '../../context.js';
import type { Partitions } from '../../partitions/partitions.js';

/** One of the lists of a queue, with its dead letters. */
export interface DeadList<Body = unknown> extends QueueContext<Body> {
  /** Which one: 0 is the list of the queue's name, then come those of its partitions. */
  readonly at: number;
}

/** Where its dead letters are. */
export type DeadStream = Pick<QueueContext, 'connection' | 'keys'>;

/** All lists of a queue. */
export async function deadListsOf<Body>(partitions: Partitions): Promise<DeadList<Body>[]> {
  return (await partitions.all()).map((list, at) => ({ ...(list as QueueContext<Body>), at }));
}
