import { defineScript } from '@redpost/core';
import type { Fields } from '../record/record.js';
import type { PartitionKeys } from '../topic-keys.js';
import { closedPart } from './parts/parts.js';
import source from './publish-again.lua';

export interface PublishAgainInput {
  keys: PartitionKeys;
  /** An id that no other record has. */
  marker: string;
  /** How long the marker is remembered, in ms. */
  windowMs: number;
  fields: readonly (string | Buffer)[] | Fields;
}

/** False when the partition gets no more records. */
export const publishAgain = defineScript<PublishAgainInput, boolean>({
  name: 'publish-again',
  uses: [closedPart],
  keys: {
    stream: ({ keys }) => keys.stream,
    ids: ({ keys }) => keys.ids,
    former_ids: ({ keys }) => keys.formerIds,
  },
  args: { marker: ({ marker }) => marker, window_ms: ({ windowMs }) => windowMs },
  rest: ({ fields }) => [...fields],
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
