import { updateWaitingPart } from './parts/parts.js';
import { defineSearchWaiting, type SearchWaitingInput } from './search.js';

/** What is changed of a message that waits. */
export interface UpdateInput {
  body: string | Buffer | undefined;
  delayMs: number | undefined;
  priority: number | undefined;
}

/** Changes a message that waits: nothing if it has a key and was to get a priority, or cannot be read. */
export const updateWaiting = defineSearchWaiting<
  SearchWaitingInput & UpdateInput,
  'updated' | 'keyed' | 'malformed'
>({
  name: 'update-waiting',
  acts: updateWaitingPart,
  args: {
    has_body: ({ body }) => (body === undefined ? 0 : 1),
    new_body: ({ body = '' }) => body,
    delay_ms: ({ delayMs = '' }) => delayMs,
    new_priority: ({ priority = '' }) => priority,
  },
  found: (reply) => String(reply) as 'updated' | 'keyed' | 'malformed',
});
