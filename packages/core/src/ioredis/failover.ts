import type { Emitter } from '../runtime/emitter.js';

/** What becomes of the primary, as soon as a Sentinel says so. */
export interface FailoverEvents {
  /** A replica is about to be promoted: what the old primary is sent from now on may get lost. */
  leaving: undefined;
  /** It was not promoted, or nothing was heard of it for too long. */
  staying: undefined;
  /** There is a new primary: ask the Sentinels where. */
  switched: undefined;
}

/** What tells of a failover: see SentinelWatch. */
export interface Failover {
  readonly events: Pick<Emitter<FailoverEvents>, 'on'>;
  /** Between `leaving` and what follows. */
  readonly isLeaving: boolean;
}
