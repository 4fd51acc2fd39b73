/** A task as its message says. */
export interface CeleryMessage {
  /** The id that Celery gave the task: the same at every attempt. */
  readonly id: string;
  /** The name of the task, e.g. `tasks.add`. */
  readonly name: string;
  /** The positional arguments. */
  readonly args: readonly unknown[];
  /** The keyword arguments. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** How often Celery's own `retry()` has sent the task again. */
  readonly retries: number;
  /** Before when it may not start; undefined for at once. */
  readonly eta: Date | undefined;
  /** When it expires; undefined for never. */
  readonly expires: Date | undefined;
  /** All headers of the message, as Celery wrote them. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A task that Celery has sent, as a handler gets it. */
export interface CeleryTask extends CeleryMessage {
  /** Which attempt of this consumer this is, from 1. Crashes of consumers count, and a wait for `eta` counts as one. */
  readonly attempt: number;
  /** Aborted when the lease is lost, when `timeoutMs` is over, or when the deadline of `stop()` has passed. */
  readonly signal: AbortSignal;
}
