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
 * Divides the shared queue into so many partitions, as soon as nothing waits any more where it went before the last change. The two
 * minutes after that, in which all producers learn of it and that nothing waits there, count as over once all of them have.
 *
 * @param producers all that send to it, with `learnEveryMs`.
 */
export async function repartition(
  system: SystemUnderTest<Server>,
  producers: readonly ProcessPool[],
  count: number,
): Promise<void> {
  const { queue, connection } = system;
  const shape = `{${queue.name}}:shape`;
  let hasChanged = false;
  const tryToChange = async () => {
    try {
      hasChanged = (await queue.partitions.set(count)).count === count;
    } catch (error) {
      if (!isRedpostError(error, 'PARTITIONS_MOVING')) throw error;
    }
    const [present, before] = (await connection.call('HMGET', [
      ...[shape, 'partitions', 'partitions_before'],
    ])) as (Buffer | null)[];
    return hasChanged || before === null || String(before) === String(present);
  };
  while (!hasChanged) {
    await allLearn(system, producers);
    await connection.call('HSET', [shape, 'partitions_since', 1]);
    await eventually(tryToChange, {
      describe: () => 'nothing waits where it went before the last change',
    });
  }
}

/** Resolves when each producer has read how the queue is divided, from now on. */
async function allLearn(
  { log }: SystemUnderTest<Server>,
  producers: readonly ProcessPool[],
): Promise<void> {
  const since = sharedNow();
  // The first one may have been read before.
  const knows = ({ name }: { name: string }) =>
    log.all('divided', name).filter(({ at }) => at > since).length > 1;
  await eventually(() => producers.every(({ members }) => members.every(knows)), {
    describe: () => 'every producer knows of the last change',
  });
}
