/** The messages that one call acknowledges. */
export interface Acked<Item> {
  readonly held: readonly Item[];
}

/**
 * The acknowledgements that Redis has not confirmed yet, in the form in which the storage sends them. One call takes a
 * `Part` of them.
 */
export interface Acks<Item, Part extends Acked<Item>> {
  readonly size: number;
  /** How many of them are ready to be sent. The others cost less if they wait a moment for those that belong to them. */
  readonly ready: number;
  /**
   * Removes and returns as many as fit into one call.
   *
   * @param all whether those that are not ready are among them.
   */
  take(all: boolean): Part;
  /** Adds these before all others, to be sent again, because Redis may not have received them. */
  sendAgain(acked: Part): void;
}

/** The messages that one call asks for. */
export interface Asked {
  /** How many messages at most. */
  readonly count: number;
  /** Whether a suspect may be among them. */
  readonly withSuspect: boolean;
}

/** The answer to one call. */
export interface Answer<Item> {
  /** Oldest first; a suspect comes before all others. */
  readonly items: readonly Item[];
  readonly suspect: Item | undefined;
  /** The approximate size of all items together, in bytes. */
  readonly bytes: number;
  /**
   * What the answer says of the supply: there are `more` messages, or it is `empty`. It is `partly-empty` when the call
   * asked only a part of the supply and found nothing there, and `unknown` when the call asked for no messages.
   */
  readonly supply: 'more' | 'empty' | 'partly-empty' | 'unknown';
  /** True when messages may not be taken now, because the queue is paused or limited. No wait is started then. */
  readonly isGated: boolean;
}

/**
 * The port of a feed to the storage: how to make a call, how to wait for more messages, and how to compare what this
 * consumer holds with Redis. The adapter reports results by calling methods of the feed.
 */
export interface FeedSource<Item, Part extends Acked<Item>> {
  readonly acks: Acks<Item, Part>;
  /** How many calls may be pending at a time, and how many messages each may ask for. */
  readonly limits: { readonly calls: number; readonly perCall: number };
  /**
   * Whether messages also come by other ways than `exchange`: by waiting, and with the answer to `reconcile`. Then a call
   * and a wait are never pending at the same time, because two sources at once could change the order.
   */
  readonly bringsUnasked: boolean;
  /** True while a wait is pending. */
  readonly isWaiting: boolean;
  /** True when there is something else to tell the server, so that a call has to be sent now. */
  readonly hasNews: boolean;
  /** True while no further call may be sent, because an answer has to come first. */
  readonly isHeldUp: boolean;
  /**
   * Whether a call may ask for messages now.
   *
   * @param isFlowing whether messages are expected.
   * @param goesAnyway whether the call is sent in any case.
   */
  mayAsk(isFlowing: boolean, goesAnyway: boolean): boolean;
  /**
   * Acknowledges messages and takes the next ones. Resolves to 'lost' when the lease is lost, and to 'refused' when
   * nothing was done and the call has to be made again.
   */
  exchange(asked: Asked, acked: Part): Promise<Answer<Item> | 'lost' | 'refused'>;
  /** Waits for more messages. */
  wait(): void;
  /** Ends the wait. A message that it has brought by then is still reported. */
  endWait(): Promise<void>;
  /**
   * Compares what this consumer holds with what Redis says. No call is pending meanwhile. Resolves to false when the
   * lease is lost.
   */
  reconcile(): Promise<boolean>;
  /** Ends the source: no more messages are wanted. */
  end(): void;
}
