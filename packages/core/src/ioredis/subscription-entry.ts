import type { Subscriber, SubscriptionTarget } from '../connection/connection.js';

/**
 * What Redis does with a name, as far as is known here.
 *
 * - `absent`: Redis sends no messages for it. Entered when the entry is new, when the connection is
 *   gone, when Redis ends the subscription by itself because the slot moved, and when an UNSUBSCRIBE is
 *   over, whatever came of it. Left when Redis answers a SUBSCRIBE. Ignored meanwhile: a connection
 *   that is gone; and an end by Redis is only counted (`revocations`), for the SUBSCRIBE that is out.
 * - `confirmed`: Redis has answered a SUBSCRIBE on the present connection, and sends messages. When it
 *   is entered, subscribers that were told of an interruption are told of its end. Left for the reasons
 *   named above; unless that is an UNSUBSCRIBE, all subscribers are told of an interruption. Ignored
 *   meanwhile: answers to a further SUBSCRIBE, which subscribers send that join others.
 */
type Standing = 'absent' | 'confirmed';

/**
 * What is being done about a name: one thing at a time. It is a state of its own beside `Standing`,
 * because the connection may break, and come back, at any point of it.
 *
 * - `none`: nothing. Entered when the entry is new, and when `resuming` or `settling` is over; an entry
 *   that has no subscribers then is forgotten. Left for `settling` when a subscriber comes or goes, and
 *   for `resuming` when a name with subscribers is absent while the connection is up.
 * - `resuming`: after an interruption, one SUBSCRIBE asks for this name together with others. Entered
 *   from `none` only. Left for `none` when Redis has answered for all of these names or refused them; for
 *   `settling`, which waits for that answer, when a subscriber comes or goes. Ignored meanwhile: the
 *   retry timer, and a connection that comes up.
 * - `settling`: SUBSCRIBE or UNSUBSCRIBE is sent until the standing fits whether there are subscribers.
 *   Entered from `none` and `resuming`. Left for `none` when it fits or Redis refuses; for `leaving`
 *   while an UNSUBSCRIBE is out. Ignored meanwhile: what would resume the name. Subscribers that come or
 *   go share the outcome.
 * - `leaving`: an UNSUBSCRIBE is out. Entered from `settling`. Left for `settling` when that is answered,
 *   refused, or lost with the connection. Ignored meanwhile, besides what settling ignores: that Redis
 *   ends the subscription, for this is the answer.
 */
interface Change {
  readonly name: 'none' | 'resuming' | 'settling' | 'leaving';
  /** Settles when the change is over; of settling and leaving it is the same promise, and may reject. */
  readonly over: Promise<unknown>;
}

export const noChange: Change = { name: 'none', over: Promise.resolve() };

/** One name that Redis is to send us messages for. */
export interface Entry extends SubscriptionTarget {
  /** Those for whose sake Redis is asked. */
  readonly subscribers: Set<Subscriber>;
  /** The ones among them who get the messages. */
  readonly live: Set<Subscriber>;
  /** Who was told of an interruption and not yet of its end, and when that began. */
  readonly interruptedAt: Map<Subscriber, number>;
  standing: Standing;
  change: Change;
  /** How often Redis has ended it by itself: an answer to a SUBSCRIBE sent before that is outdated. */
  revocations: number;
}

/** An entry that nobody has asked Redis for. */
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
