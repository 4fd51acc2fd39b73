import type { ConnectionTarget } from '@redpost/core';

/** The Redis of a trial: one server, or several that stand in for each other. */
export interface Server extends AsyncDisposable {
  /** What processes connect to; it goes into a process as JSON. */
  readonly target: ConnectionTarget;
  /** What the observer connects to, beside whatever is done to the target. */
  readonly observed: ConnectionTarget;
}
