import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './read-outbox.lua';
import { namedKeys } from './script-keys.js';

export interface ReadOutboxInput {
  keys: QueueKeys;
  /** The name of the queue that it is for. */
  target: string;
  /** The id of the last entry that this queue has received; '' for none. */
  received: string;
  count: number;
}

/** An entry of an outbox, as `receive` takes it. */
export interface OutboxEntry {
  id: string;
  /** The time when a message is due; or what is told of a flow. */
  delay: string;
  /** The time to live of a message, in ms; or the id of the flow. */
  ttl: string;
  element: Buffer;
}

export interface Outgone {
  /** What tells this outbox from one before it. */
  incarnation: string;
  /** Oldest first. */
  entries: readonly OutboxEntry[];
}

export const readOutbox = defineScript<ReadOutboxInput, Outgone>({
  name: 'read-outbox',
  uses: [entriesPart],
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
    const entries: OutboxEntry[] = [];
    for (let at = 0; at < fields.length; at += 4) {
      const [id, delay, ttl, element] = fields.slice(at, at + 4) as [
        Buffer,
        Buffer,
        Buffer,
        Buffer,
      ];
      entries.push({ id: String(id), delay: String(delay), ttl: String(ttl), element });
    }
    return { incarnation: String(incarnation), entries };
  },
});
