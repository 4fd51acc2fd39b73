import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { heldPart, keptFieldsPart, offsetsPart, waitingPart } from './parts/parts.js';
import source from './recover.lua';
import { groupKeys, registration } from './script-keys.js';

export interface RecoverInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  maxAttempts: number;
  /** Of a consumer without a lease, only records that were not touched for so long are recovered, in ms. */
  idleMs: number;
  /** The channel. */
  signal: string;
}

/** Undefined when the lease of the consumer has not run out, or was renewed meanwhile. */
export type RecoverResult = { returned: number; deadLettered: number } | undefined;

export const recover = defineScript<RecoverInput, RecoverResult>({
  name: 'recover',
  uses: [clockPart, waitingPart, heldPart, offsetsPart, keptFieldsPart],
  keys: { ...groupKeys('stream', 'consumers', 'suspects', 'dead', 'stats'), registration },
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    max_attempts: ({ maxAttempts }) => maxAttempts,
    idle_ms: ({ idleMs }) => idleMs,
    signal: ({ signal }) => signal,
  },
  lua: source,
  parse(reply) {
    if (reply === null) return undefined;
    const [returned, deadLettered] = reply as [number, number];
    return { returned, deadLettered };
  },
});
