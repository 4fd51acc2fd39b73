/** What one call acknowledges. */
export interface Acked<Item> {
  /** In the order in which it was settled. */
  readonly held: readonly Item[];
}

/** What is settled and not yet confirmed, as its storage acknowledges it: one call takes a `Part` of it. */
export interface Acks<Item, Part extends Acked<Item>> {
  readonly size: number;
  /** Removes and returns as many as fit in one call, oldest first. */
  take(): Part;
  /** They may not have arrived: they are to be sent again, before all others. */
  sendAgain(acked: Part): void;
}

/** What one call asks for. */
export interface Asked {
  /** How many messages at most. */
  readonly count: number;
  /** Whether a suspect may be among them. */
  readonly withSuspect: boolean;
}

/** What a call has brought. */
export interface Answer<Item> {
  /** Oldest first; a suspect comes before all others. */
  readonly items: readonly Item[];
  readonly suspect: Item | undefined;
  /** How many bytes they are together, roughly. */
  readonly bytes: number;
  /**
   * What it says of the supply: there is `more`, or it is `empty`. It is `partly-empty` when only a part of it
   * was asked; `unknown` when none was.
   */
  readonly supply: 'more' | 'empty' | 'partly-empty' | 'unknown';
  /** What there is may not be taken now: nothing waits for it. */
  readonly isGated: boolean;
}

/**
 * What a feed asks of the storage: how a call is made, how one waits for more, and how it becomes certain
 * again what is held. The adapter tells the feed what came of it by the feed's own methods.
 */
export interface FeedSource<Item, Part extends Acked<Item>> {
  readonly acks: Acks<Item, Part>;
  /** How many calls may be out at a time, for how many messages each. */
  readonly limits: { readonly calls: number; readonly perCall: number };
  /**
   * Whether messages come otherwise than by `exchange` as well: by waiting, and with the answer to
   * `reconcile`. A call and a wait then exclude each other, or they could change the order.
   */
  readonly bringsUnasked: boolean;
  /** True while a wait is out. */
  readonly isWaiting: boolean;
  /** Whether the server is to be told something, by a call that goes out now. */
  readonly hasNews: boolean;
  /** True while no further call may be sent: something has to be answered before. */
  readonly isHeldUp: boolean;
  /**
   * Whether a call may ask for messages now.
   *
   * @param isFlowing whether messages are expected.
   * @param goesAnyway whether the call is made in any case.
   */
  mayAsk(isFlowing: boolean, goesAnyway: boolean): boolean;
  /**
   * Acknowledges, and takes what comes next. Resolves to 'lost' when the lease is, and to 'refused' when nothing was
   * done and the call is to be made again.
   */
  exchange(asked: Asked, acked: Part): Promise<Answer<Item> | 'lost' | 'refused'>;
  /** Waits for more. */
  wait(): void;
  /** Ends the wait. What it has brought by then is told all the same. */
  endWait(): Promise<void>;
  /** Makes certain again what is held. No call is out meanwhile. Resolves to false when the lease is lost. */
  reconcile(): Promise<boolean>;
  /** Nothing is wanted any more. */
  end(): void;
}
