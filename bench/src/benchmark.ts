import type { RedisServer } from './harness/redis-server.js';
import type { RemoteSide } from './harness/remote-side.js';
import type { MeasureResult } from './results.js';

/** What each subject has to do, and what is measured of it. Each is a file in `benchmarks/`. */
export interface Benchmark {
  /** For `--only`. */
  readonly name: string;
  readonly kind: 'queue' | 'channel';
  /** Names of subjects; the first is redpost's, which the others are compared with. */
  readonly subjects: readonly string[];
  /** Whether it is done with AOF too. Without persistence it always is. */
  readonly withAof: boolean;
  readonly measures: readonly Measure[];
  /** How many runs count; left out, as many as asked for. */
  readonly runs?: number;
  /**
   * How many messages a run has. With `most`, the warm-up finds how many take as long as a run
   * should, for each subject by itself; a number is the same for all.
   */
  readonly messages: { readonly most: number } | number;
  /** The same for `--quick`, where a run would take too long. */
  readonly quickMessages?: number;
  /** One warm-up would take too long. */
  readonly isLong?: boolean;
  run(run: Run): Promise<Found>;
}

export interface Measure extends Pick<MeasureResult, 'name' | 'title' | 'how' | 'unit' | 'better'> {
  readonly goals: readonly Goal[];
}

export type Goal =
  | { readonly atLeast: number; readonly peer: string }
  | { readonly atMost: number; readonly peer: string }
  | { readonly atLeast: number }
  | { readonly atMost: number };

/** One run of one subject. Both sides are open, the server is empty. */
export interface Run {
  /** The name of the subject. */
  readonly subject: string;
  readonly producer: RemoteSide;
  readonly consumer: RemoteSide;
  /** The server of all subjects but those on NATS. */
  readonly redis: RedisServer;
  readonly messages: number;
}

export interface Found {
  /** By the name of the measure. */
  readonly figures: Readonly<Record<string, number>>;
  /** How long the longest timed part took. */
  readonly ms: number;
}
