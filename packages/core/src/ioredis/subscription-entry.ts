import type { Subscriber, SubscriptionTarget } from '../connection/connection.js';

/**
 * The known state of a name in Redis.
 *
 * - `absent`: Redis sends no messages for it. Entered when the entry is new, when the connection is gone,
 *   when Redis ends the subscription by itself because the slot moved, and when an UNSUBSCRIBE is over, with
 *   any outcome. Left when Redis answers a SUBSCRIBE. Ignored meanwhile: a connection that is gone; and an
 *   end by Redis is only counted (`revocations`), for the SUBSCRIBE that is out.
 * - `confirmed`: Redis has answered a SUBSCRIBE on the present connection, and sends messages. When it is
 *   entered, subscribers that were told of an interruption are told of its end. Left for the reasons named
 *   above; unless that is an UNSUBSCRIBE, all subscribers are told of an interruption. Ignored meanwhile:
 *   answers to a further SUBSCRIBE, which subscribers send that join others.
 */
type Standing = 'absent' | 'confirmed';

/**
 * The change in progress for a name: one thing at a time. It is a state of its own beside `Standing`, because
 * the connection may break, and come back, at any point of it.
 *
 * - `none`: nothing. Entered when the entry is new, and when `resuming` or `settling` is over; an entry that
 *   has no subscribers then is forgotten. Left for `settling` when a subscriber comes or goes, and for
 *   `resuming` when a name with subscribers is absent while the connection is up.
 * - `resuming`: after an interruption, one SUBSCRIBE asks for this name together with others. Entered from
 *   `none` only. Left for `none` when Redis has answered for all of these names or refused them; for
 *   `settling`, which waits for that answer, when a subscriber comes or goes. Ignored meanwhile: the retry
 *   timer, and a connection that comes up.
 * - `settling`: SUBSCRIBE or UNSUBSCRIBE is sent until the standing fits whether there are subscribers.
 *   Entered from `none` and `resuming`. Left for `none` when it fits or Redis refuses; for `leaving` while an
 *   UNSUBSCRIBE is out. Ignored meanwhile: every reason to resume the name. Subscribers that come or go share
 *   the outcome.
 * - `leaving`: an UNSUBSCRIBE is out. Entered from `settling`. Left for `settling` when that is answered,
 *   refused, or lost with the connection. Ignored meanwhile, besides what settling ignores: that Redis ends
 *   the subscription, for this is the answer.
 */
interface Change {
  readonly name: 'none' | 'resuming' | 'settling' | 'leaving';
  /** Settles when the change is over; of settling and leaving it is the same promise, and may reject. */
  readonly over: Promise<unknown>;
}

export const noChange: Change = { name: 'none', over: Promise.resolve() };

/** One name that Redis is to send us messages for. */
export interface Entry extends SubscriptionTarget {
  /** The subscribers for which Redis is asked. */
  readonly subscribers: Set<Subscriber>;
  /** Those of them that get the messages. */
  readonly live: Set<Subscriber>;
  /** The subscribers that were told of an interruption and not yet of its end, with the time when it began. */
  readonly interruptedAt: Map<Subscriber, number>;
  standing: Standing;
  change: Change;
  /** How often Redis has ended it by itself: an answer to a SUBSCRIBE sent before that is outdated. */
  revocations: number;
}

/** A new entry, which Redis has not been asked for. */
export function newEntry({ kind, name }: SubscriptionTarget): Entry {
  return {
    kind,
    name,
    subscribers: new Set(),
    live: new Set(),
    interruptedAt: new Map(),
    standing: 'absent',
    change: noChange,
    revocations: 0,
  };
}
