import type { Connection } from '@redpost/core';
import { asError } from '@redpost/core';
import { warn } from '@redpost/core/consuming';
import { z } from 'zod';

/** Who has done what to how many. */
export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  user: z.string(),
  /** E.g. `pause` or `redrive`. */
  action: z.string(),
  /** The queue, topic or channel. */
  target: z.string(),
  /** How many messages were concerned; missing where that is not counted. */
  count: z.int().optional(),
  /** What else is to be known: never a body. */
  detail: z.string(),
  outcome: z.enum(['done', 'stopped', 'failed', 'started']),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

const key = '{redpost}:audit';
const mostKept = 10_000;

/** The audit in Redis, which all dashboards of it share. The oldest entries above 10 000 are deleted. */
export class Audit {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Never rejects: what was done is done. A failure becomes a warning of the process. */
  async note(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void> {
    const { user, action, target, count, detail, outcome } = entry;
    const text = JSON.stringify({ user, action, target, count, detail, outcome });
    try {
      await this.#connection.call('XADD', [key, 'MAXLEN', '~', mostKept, '*', 'entry', text]);
    } catch (thrown) {
      warn(new Error('The dashboard could not write its audit', { cause: asError(thrown) }));
    }
  }

  /** The newest first. @param before the id of the entry to go on after. */
  async list(limit: number, before: string | undefined): Promise<AuditEntry[]> {
    const from = before === undefined ? '+' : `(${before}`;
    const reply = await this.#connection.call('XREVRANGE', [key, from, '-', 'COUNT', limit]);
    return (reply as [Buffer, Buffer[]][]).map(([id, [, text]]) =>
      entryOf(String(id), String(text)),
    );
  }
}

function entryOf(id: string, text: string): AuditEntry {
  const at = new Date(Number(id.split('-')[0])).toISOString();
  return { ...JSON.parse(text), id, at };
}
