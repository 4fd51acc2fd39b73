import { moveOn } from '../partitions/move-on.js';
import { textField } from '../record/record.js';
import { publishAgain } from '../scripts/publish-again.js';
import { partitionOf } from '../topic-keys.js';
import { nameOf } from './dead-entry.js';
import { type DeadPeek, ownFields } from './dead-record.js';
import type { GroupContext } from './group-context.js';

/** How long it is remembered that a dead letter was published again, in case its deletion fails, in ms. */
const windowMs = 120_000;

/**
 * Publishes a dead letter of a partition that gets no more records again: to the partition of its key that the topic has now, as it lies in
 * another slot, in one step, and then deletes it in another one. If that fails, a repetition within two minutes publishes it no second time.
 * Resolves to false when somebody else has.
 *
 * @param body instead of the one that it has.
 */
export async function redriveToPresent(
  context: GroupContext,
  letter: DeadPeek,
  body?: string | Buffer,
): Promise<boolean> {
  const { topic, group, partitions } = context;
  const { connection, generations } = topic;
  const fields = recordOf(letter, group, body);
  const marker = `redriven:${group}:${nameOf(letter)}`;
  for (;;) {
    const { current } = generations;
    const at = placeOf(letter, current.partitions.length);
    const { keys } = current.partitions[at] as (typeof current.partitions)[number];
    if (await connection.run(publishAgain, { keys, marker, windowMs, fields })) break;
    await moveOn(topic, current, 'closed');
  }
  const dead = partitions.of(letter.partition)?.keys.dead;
  return dead !== undefined && Number(await connection.call('XDEL', [dead, letter.id])) === 1;
}

/** The fields of the record, which is for this group only. */
function recordOf({ entry }: DeadPeek, group: string, body?: string | Buffer): (string | Buffer)[] {
  const its = entry[1].slice(ownFields);
  const kept: (string | Buffer)[] = body === undefined ? [] : ['body', body];
  for (let at = 0; at + 1 < its.length; at += 2) {
    const name = String(its[at]);
    const isKept = name !== 'group' && !(name === 'body' && body !== undefined);
    if (isKept) kept.push(its[at] as Buffer, its[at + 1] as Buffer);
  }
  return [...kept, 'group', group];
}

/** By its key, or by its id, as when it was published first. */
function placeOf({ entry, id }: DeadPeek, partitions: number): number {
  const fields = entry[1].slice(ownFields);
  return partitionOf(textField(fields, 'key') || textField(fields, 'id') || id, partitions);
}
