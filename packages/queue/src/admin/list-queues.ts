import { type Connection, checkedConnection } from '@redpost/core';
import { type NamedUse, NameIndex } from '@redpost/core/consuming';
import { keysOfAny } from '../keys.js';

/**
 * Lists the queues that a `Queue` of any process has used, by their names. A process notes in Redis that it uses a queue
 * when it sends to it or consumes it first, and then once a day, so no keys are scanned. Queues that only other clients
 * use are not known. Of a queue that nobody has used for 30 days, and of which nothing is left, nothing is told any more.
 *
 * ```ts
 * for (const { name } of await listQueues(connection)) console.log(name);
 * ```
 *
 * @throws ConnectionError, TimeoutError, ServerError, ClosedError.
 */
export function listQueues(connection: Connection): Promise<NamedUse[]> {
  checkedConnection('listQueues()', { connection });
  return new NameIndex(connection, 'queues').list(async (name) => {
    const { list, returned, delayed, dead, stats, shape, consumers, schedules } = keysOfAny(name);
    const keys = [list, returned, delayed, dead, stats, shape, consumers, schedules];
    return Number(await connection.call('EXISTS', keys)) > 0;
  });
}
