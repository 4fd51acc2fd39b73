import { isRedpostError } from '@redpost/core';
import type { Queue } from '@redpost/queue';
import { sharedNow } from '../clock.js';
import { eventually } from '../eventually.js';
import type { Server } from '../servers/server.js';
import type { ProcessPool } from './process-pool.js';
import type { SystemUnderTest } from './system-under-test.js';

/** The lists of the partitions that messages go to now. */
export async function partitionsOf<Body>({ partitions }: Queue<Body>): Promise<string[]> {
  const { count, lists } = await partitions.get();
  return lists.slice(1, 1 + count);
}

/**
 * Divides the shared queue into so many partitions, as soon as nothing waits any more where it went before the last change. The minute
 * that has to be between two changes, so that all producers know of the first one, counts as over once all of them do.
 *
 * @param producers all that send to it, with `learnEveryMs`.
 */
export async function repartition(
  { log, queue, connection }: SystemUnderTest<Server>,
  producers: readonly ProcessPool[],
  count: number,
): Promise<void> {
  const present = (await queue.partitions.get()).count;
  const since = sharedNow();
  const knows = ({ name }: { name: string }) => {
    const last = log.all('divided', name).at(-1);
    return last !== undefined && last.at > since && last.partitions === present;
  };
  await eventually(() => producers.every(({ members }) => members.every(knows)), {
    describe: () => 'every producer knows of the last change',
  });
  await connection.call('HSET', [`{${queue.name}}:shape`, 'partitions_since', 1]);
  const isDone = async () => {
    try {
      return (await queue.partitions.set(count)).count === count;
    } catch (error) {
      if (isRedpostError(error, 'PARTITIONS_MOVING')) return false;
      throw error;
    }
  };
  await eventually(isDone, {
    describe: () => 'nothing waits where it went before the last change',
  });
}
