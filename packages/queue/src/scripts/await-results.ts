import { defineScript } from '@redpost/core';
import { mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './await-results.lua';
import { namedKeys, resultArgs } from './script-keys.js';

export interface AwaitResultsInput {
  keys: QueueKeys;
  ids: readonly string[];
  /** Where it is told when one is there; undefined if it is not to be told. */
  channel: string | undefined;
  /** For how long it is told, in ms. */
  waitMs: number;
}

/** What Redis has of the result of a message. */
export interface ResultFields {
  /** Undefined as long as the message is not through. */
  state: string | undefined;
  attempt: number;
  value: Buffer | undefined;
  error: Buffer | undefined;
  progress: Buffer | undefined;
}

/** For the first ids, at least one: what is known of each, undefined for nothing. */
export const awaitResults = defineScript<AwaitResultsInput, (ResultFields | undefined)[]>({
  name: 'await-results',
  uses: [mostBytesPart],
  keys: namedKeys('list'),
  args: {
    ...resultArgs,
    channel: ({ channel }) => channel ?? '',
    wait_ms: ({ waitMs }) => waitMs,
  },
  rest: ({ ids }) => ids,
  lua: source,
  // What it may have written before, a channel to tell, changes nothing of the queue.
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[][]).map(fieldsOf),
});

function fieldsOf(reply: Buffer[]): ResultFields | undefined {
  if (reply.length === 0) return undefined;
  const fields = new Map<string, Buffer>();
  for (let at = 0; at < reply.length; at += 2) {
    fields.set(String(reply[at]), reply[at + 1] as Buffer);
  }
  return {
    state: fields.get('state')?.toString(),
    attempt: Number(fields.get('attempt') ?? 0),
    value: fields.get('value'),
    error: fields.get('error'),
    progress: fields.get('progress'),
  };
}
