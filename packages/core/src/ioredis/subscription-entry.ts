import type { Subscriber, SubscriptionTarget } from '../connection/connection.js';

/** One name that Redis is to send us messages for. */
export interface Entry extends SubscriptionTarget {
  /** Those for whose sake Redis is asked. */
  readonly subscribers: Set<Subscriber>;
  /** The ones among them who get the messages. */
  readonly live: Set<Subscriber>;
  /** Who was told of an interruption and not yet of its end, and when that began. */
  readonly interruptedAt: Map<Subscriber, number>;
  /** Whether Redis has confirmed it on the present connection. */
  confirmed: boolean;
  /** The work that brings `confirmed` in line with whether there are subscribers. */
  settling: Promise<void> | undefined;
  /** While Redis is asked to end it: otherwise Redis ends it because the slot moves elsewhere. */
  leaving: boolean;
  /** Whether Redis ended it while it was being confirmed. */
  revoked: boolean;
  /** The SUBSCRIBE after a reconnection that it takes part in. Never rejects. */
  resuming: Promise<boolean> | undefined;
}

/** An entry that nobody has asked Redis for. */
export function newEntry({ kind, name }: SubscriptionTarget): Entry {
  return {
    kind,
    name,
    subscribers: new Set(),
    live: new Set(),
    interruptedAt: new Map(),
    confirmed: false,
    settling: undefined,
    leaving: false,
    revoked: false,
    resuming: undefined,
  };
}
