import type { ConnectionTarget } from '@redpost/core';

/** The Redis of a system under test: one server, or several with failover. */
export interface Server extends AsyncDisposable {
  /** The target for processes, which get it as JSON. */
  readonly target: ConnectionTarget;
  /** The target for the observer, which faults of `target` do not affect. */
  readonly observed: ConnectionTarget;
}
