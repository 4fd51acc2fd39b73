import { type Argument, defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './publish.lua';

export interface OutgoingRecord {
  body: string | Buffer;
  /** Empty for none, as `headers` and `id`. */
  key: string;
  headers: string;
  id: string;
}

export interface PublishInput {
  keys: PartitionKeys;
  /** How long ids are remembered, in ms, and how many at most. */
  windowMs: number;
  maxIds: number;
  /** Whether the stream may be made if there is none. */
  mayCreate: boolean;
  records: readonly OutgoingRecord[];
}

/** The offset of each record. Or `missing`, and nothing was appended: the stream does not exist and may not be made. */
export type PublishResult = readonly string[] | 'missing';

export const publish = defineScript<PublishInput, PublishResult>({
  name: 'publish',
  keys: {
    stream: ({ keys }) => keys.stream,
    ids: ({ keys }) => keys.ids,
    former_ids: ({ keys }) => keys.formerIds,
  },
  args: {
    window_ms: ({ windowMs }) => windowMs,
    max_ids: ({ maxIds }) => maxIds,
    width: ({ records }) => (arePlain(records) ? 1 : 4),
    may_create: ({ mayCreate }) => (mayCreate ? 1 : 0),
  },
  rest({ records }) {
    if (arePlain(records)) return records.map(({ body }) => body);
    const values: Argument[] = [];
    for (const { body, key, headers, id } of records) values.push(body, key, headers, id);
    return values;
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    if (reply === 0) return 'missing';
    return (reply as Buffer).toString('latin1').split(' ');
  },
});

/** True when all records have only a body. */
function arePlain(records: readonly OutgoingRecord[]): boolean {
  return records.every(({ key, headers, id }) => !key && !headers && !id);
}
