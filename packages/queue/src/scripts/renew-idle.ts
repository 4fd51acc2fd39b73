import { defineScript } from '@redpost/core';
import {
  clockPart,
  JointScript,
  shortenLeasesPart,
  writeBeforeGrowingPart,
} from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { rememberMs } from './recover.js';
import source from './renew-idle.lua';

export interface RenewIdleInput {
  keys: QueueKeys;
  consumer: string;
  leaseMs: number;
  /** What it tells of itself, as JSON, where that is to be written again. */
  about: string;
}

/**
 * - `look`: nothing was done. The lease is lost or has run out, or there is something to look at.
 * - `nothing`: the lease was renewed, and there is nothing to look at.
 * - `later`: the same, but something is delayed or scheduled.
 */
export type RenewIdleResult = 'look' | 'nothing' | 'later';

const results: readonly RenewIdleResult[] = ['look', 'nothing', 'later'];

/** The keys of one consumer, in the order of the script: what is due `later`, and then what is to be looked at. */
function keysOf({ keys, consumer }: RenewIdleInput): string[] {
  return [
    keys.consumers,
    keys.registration(consumer),
    keys.delayed,
    keys.debounced,
    keys.schedules,
    keys.returned,
    keys.suspects,
    keys.active(consumer),
    keys.batches(consumer),
    keys.handoff(consumer),
    keys.cancelled(consumer),
    keys.outboxes,
    keys.shape,
  ];
}

const keysOfEach = 13;

/** Renews the leases of consumers of plain queues that hold nothing. */
export const renewIdle = new JointScript(
  defineScript<readonly RenewIdleInput[], RenewIdleResult[]>({
    name: 'renew-idle',
    uses: [clockPart, writeBeforeGrowingPart, shortenLeasesPart],
    restKeys: (inputs) => inputs.flatMap(keysOf),
    args: { remember_ms: () => rememberMs, keys_of_each: () => keysOfEach },
    rest: (inputs) => inputs.flatMap(({ consumer, leaseMs, about }) => [consumer, leaseMs, about]),
    lua: source,
    parse: (reply) => (reply as number[]).map((answer) => results[answer] as RenewIdleResult),
  }),
);
