import { type Connection, checkedConnection } from '@redpost/core';
import { type NamedUse, NameIndex } from '@redpost/core/consuming';
import { topicKeys } from './topic-keys.js';

/** A topic of the index. */
export interface ListedTopic extends NamedUse {
  /** How many partitions it has, as `new Topic()` gets them; undefined for a topic without partitions. */
  partitions: number | undefined;
}

/**
 * Lists the topics that a `Topic` of any process has used, by their names. A process notes in Redis that it uses a topic
 * when it publishes to it or consumes it first, and then once a day, so no keys are scanned. Topics that only other
 * clients use are not known.
 *
 * @throws ConnectionError, TimeoutError, ServerError, ClosedError.
 */
export async function listTopics(connection: Connection): Promise<ListedTopic[]> {
  checkedConnection('listTopics()', { connection });
  const partitionsOf = async (name: string) => {
    const { facts } = topicKeys(name);
    return Number(await connection.call('HGET', [facts, 'partitions']));
  };
  const exists = async (name: string) => {
    const { facts } = topicKeys(name);
    return Number(await connection.call('EXISTS', [facts, name])) > 0;
  };
  const uses = await new NameIndex(connection, 'topics').list(exists);
  return Promise.all(
    uses.map(async (use) => ({ ...use, partitions: (await partitionsOf(use.name)) || undefined })),
  );
}
