import type { Machine } from '../../tooling/machine.js';

/** The results of a run under faults: the JSON for the page. */
export interface Reliability {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** The seed that determines the plan of every run. */
  readonly seed: number;
  /** How long the run was meant to take. */
  readonly minutes: number;
  readonly machine: Machine & { readonly redis: string };
  /** In the order of the table. */
  readonly faults: readonly FaultResult[];
}

/** One fault, all its runs together. */
export interface FaultResult extends Counts {
  /** `kill-consumers`. */
  readonly name: string;
  readonly does: string;
  readonly proof: string;
  readonly costs: string;
  readonly runs: number;
  readonly ms: number;
  /** The violations, in sentences; none in a good run. */
  readonly wrong: readonly string[];
}

export interface Counts {
  /** How many times the fault is proven to have happened. */
  readonly happened: number;
  /** How many sends were begun. */
  readonly sends: number;
  /** Of these: how many resolved, */
  readonly resolved: number;
  /** were rejected as known not to be in Redis, */
  readonly absent: number;
  /** were rejected with an unknown outcome, */
  readonly unknown: number;
  /** and were never answered, because the producer had died. */
  readonly unanswered: number;
  /** How many calls of a handler came to their end. */
  readonly handled: number;
  /** Resolved, and neither handled nor dead-lettered. */
  readonly lost: number;
  /** The same, but Redis was made to forget them, as the fault allows. */
  readonly forgotten: number;
  /** How long before the fault the oldest of those was acknowledged, in ms. */
  readonly forgottenAgeMs: number;
  /** Handled once more after an acknowledgement was confirmed. */
  readonly afterAck: number;
  /** How many times a message was handled once more than it had to be. */
  readonly duplicates: number;
  /** Of these: those that no fault explains. */
  readonly unexplained: number;
  /** Overtaken by a later message though no fault explains it. */
  readonly outOfOrder: number;
  /** Handled, and never sent. */
  readonly unsent: number;
  /** Dead letters that should not be. */
  readonly wronglyDead: number;
  /** The time of the slowest send, in ms. */
  readonly slowestSendMs: number;
}
