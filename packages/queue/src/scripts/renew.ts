import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { consumerPauseField, type Paused } from '../shape/shape.js';
import { holdersPart, shapePart } from './parts/parts.js';
import { rememberMs } from './recover.js';
import source from './renew.lua';
import { namedKeys } from './script-keys.js';

export interface RenewInput {
  keys: QueueKeys;
  consumer: string;
  leaseMs: number;
  /** True to take the lease, false to renew the one that is held. */
  take: boolean;
  /** The version of the shape that it has put in force. */
  inForce: string;
  /** What it tells of itself, as JSON. Default: nothing. */
  about?: string | undefined;
  /** Its pause under its former name, which it takes the lease with. Default: none. */
  pause?: Paused | undefined;
}

export type RenewResult =
  | { status: 'lost' }
  | {
      status: 'held';
      /** How many messages Redis counts as this consumer's. */
      held: number;
      /** The version of the queue's shape. */
      shape: string;
      /** Whether messages were cancelled that it held, and does not know that yet. */
      hasCancelled: boolean;
      /** Whether messages are sent to other queues with acknowledgements. */
      hasOutbox: boolean;
      /** Consumers, or with a leading `~` former ones, whose lease has run out. */
      overdue: string[];
    };

export const renew = defineScript<RenewInput, RenewResult>({
  name: 'renew',
  uses: [clockPart, writeBeforeGrowingPart, shortenLeasesPart, shapePart, holdersPart],
  keys: namedKeys(
    'consumers',
    'active',
    'batches',
    'handoff',
    'holders',
    'shape',
    'seen',
    'cancelled',
    'outboxes',
    'registration',
  ),
  args: {
    consumer: ({ consumer }) => consumer,
    lease_ms: ({ leaseMs }) => leaseMs,
    remember_ms: () => rememberMs,
    is_new: ({ take }) => (take ? 1 : 0),
    in_force: ({ inForce }) => inForce,
    about: ({ about = '' }) => about,
    pause: ({ pause }) => (pause ? consumerPauseField(pause) : ''),
    signal: ({ keys }) => keys.signal,
  },
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [held, shape, flags, ...names] = reply as [number, Buffer, number, ...Buffer[]];
    return {
      status: 'held',
      held,
      shape: String(shape),
      hasCancelled: (flags & 1) > 0,
      hasOutbox: (flags & 2) > 0,
      overdue: names.map(String),
    };
  },
});
