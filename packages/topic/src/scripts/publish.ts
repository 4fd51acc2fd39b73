import { type Argument, defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './publish.lua';

export interface OutgoingRecord {
  body: string | Buffer;
  /** Empty for none, as the others. */
  key: string;
  headers: string;
  id: string;
}

export interface PublishInput {
  keys: PartitionKeys;
  /** How long ids are remembered, in ms, and how many at most. */
  windowMs: number;
  maxIds: number;
  records: readonly OutgoingRecord[];
}

/** The offset of each record. */
export const publish = defineScript<PublishInput, string[]>({
  name: 'publish',
  lua: source,
  looksFirst: () => true,
  encode({ keys, windowMs, maxIds, records }) {
    const isPlain = records.every(({ key, headers, id }) => !key && !headers && !id);
    const args: Argument[] = [windowMs, maxIds, isPlain ? 1 : 4];
    if (isPlain) for (const { body } of records) args.push(body);
    else for (const { body, key, headers, id } of records) args.push(body, key, headers, id);
    return { keys: [keys.stream, keys.ids, keys.formerIds], args };
  },
  parse: (reply) => (reply as Buffer).toString('latin1').split(' '),
});
