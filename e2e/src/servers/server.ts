import type { ConnectionTarget } from '@redpost/core';

/** The Redis of a system under test: one server, or several with failover. */
export interface Server extends AsyncDisposable {
  /** What processes connect to; it goes into a process as JSON. */
  readonly target: ConnectionTarget;
  /** What the observer connects to, beside whatever is done to the target. */
  readonly observed: ConnectionTarget;
}
