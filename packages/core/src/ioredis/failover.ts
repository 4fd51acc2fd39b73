import type { Emitter } from '../runtime/emitter.js';

/** The events of a failover, as soon as a Sentinel announces them. */
export interface FailoverEvents {
  /** A replica is about to be promoted: writes to the old primary may get lost from now on. */
  leaving: undefined;
  /** It was not promoted, or nothing was heard of it for too long. */
  staying: undefined;
  /** There is a new primary: ask the Sentinels where. */
  switched: undefined;
}

/** A source of failover events, see SentinelWatch. */
export interface Failover {
  readonly events: Pick<Emitter<FailoverEvents>, 'on'>;
  /** True between `leaving` and the event that follows it. */
  readonly isLeaving: boolean;
}
