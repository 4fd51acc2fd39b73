import { defineScript } from '@redpost/core';
import { mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './read-outbox.lua';
import { namedKeys } from './script-keys.js';
import type { SentMessage } from './send.js';

export interface ReadOutboxInput {
  keys: QueueKeys;
  /** The name of the queue that it is for. */
  target: string;
  /** The id of the last entry that this queue has received; '' for none. */
  received: string;
  count: number;
}

export interface Outgone {
  /** What tells this outbox from one before it. */
  incarnation: string;
  /** Oldest first. */
  entries: readonly (SentMessage & { id: string })[];
}

export const readOutbox = defineScript<ReadOutboxInput, Outgone>({
  name: 'read-outbox',
  uses: [mostBytesPart],
  keys: namedKeys('outboxes'),
  args: {
    outbox_prefix: ({ keys }) => keys.outbox,
    target: ({ target }) => target,
    received: ({ received }) => received,
    count: ({ count }) => count,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [incarnation, fields] = reply as [Buffer, Buffer[]];
    const entries: Outgone['entries'][number][] = [];
    for (let at = 0; at < fields.length; at += 4) {
      const [id, delay, ttl, element] = fields.slice(at, at + 4) as [
        Buffer,
        Buffer,
        Buffer,
        Buffer,
      ];
      const due = String(delay);
      const timing = due.startsWith('@')
        ? { delayMs: 0, at: Number(due.slice(1)) }
        : { delayMs: 0 };
      entries.push({ id: String(id), ...timing, ttlMs: Number(String(ttl)), element });
    }
    return { incarnation: String(incarnation), entries };
  },
});
