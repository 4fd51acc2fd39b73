import type { Machine } from '../../tooling/machine.js';

/** What a run of the benchmarks found: the JSON that the table, the page and the chart are made of. */
export interface Results {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly quick: boolean;
  readonly machine: Machine & {
    readonly redis: string;
    /** Left out when no `nats-server` is on `PATH`. */
    readonly nats?: string;
  };
  /** In the order of the tables. */
  readonly measures: readonly MeasureResult[];
  /** What was not measured and why: `NATS: no nats-server on PATH`. */
  readonly leftOut: readonly string[];
  /** Runs that lost or doubled a message or did not end, one sentence each; none in a good run. */
  readonly failures: readonly string[];
}

/** One figure, for everybody it was taken of. */
export interface MeasureResult {
  /** `send`, `consume-10KiB`. */
  readonly name: string;
  /** `send, 100 concurrent callers`. */
  readonly title: string;
  /** How it was taken, in a sentence or two. */
  readonly how: string;
  readonly unit: 'messages/s' | 'ms' | 'µs' | 'bytes' | 'commands/s' | '%' | 'ratio';
  readonly better: 'higher' | 'lower';
  readonly persistence: 'none' | 'aof everysec';
  /** Redpost first, then as declared. */
  readonly subjects: readonly SubjectResult[];
  readonly goals: readonly GoalResult[];
}

export interface SubjectResult {
  /** `bullmq`. */
  readonly name: string;
  /** `BullMQ 6.7.0`. */
  readonly title: string;
  /** Each run's figure in the order of the runs, the warm-up left out. */
  readonly runs: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** redpost's median divided by this one's; left out for redpost itself. */
  readonly redpostRatio?: number;
}

/** What redpost's figure has to be, relative to a peer's (`10 × BullMQ`) or by itself (`under 1`). */
export interface GoalResult {
  /** `at least 10 × BullMQ`. */
  readonly title: string;
  readonly found: number;
  readonly met: boolean;
}
