import type { Summary } from '../accounting/summary.js';
import type { SystemUnderTest } from '../processes/system-under-test.js';
import type { Workload, WorkloadOptions } from '../processes/workload.js';
import type { Server } from '../servers/server.js';
import type { Standalone } from '../servers/standalone.js';

/** The context of a fault. */
export interface FaultContext<Redis extends Server = Standalone> {
  readonly system: SystemUnderTest<Redis>;
  readonly workload: Workload;
  /** Depends on the seed alone, like all decisions that use it. */
  readonly random: () => number;
  /** For how long the fault is injected repeatedly, in ms. */
  readonly ms: number;
  /** How many messages of the shared queue may be active at a time; undefined for any number. */
  readonly limit?: number | undefined;
}

/** A fault in the processes, their network or their Redis. */
export interface Fault<Redis extends Server = Standalone> {
  /** The name for `--only`, e.g. `kill-consumers`. */
  readonly name: string;
  /** The description, in a sentence. */
  readonly does: string;
  /** How it is proven to have happened. */
  readonly proof: string;
  /** The permitted cost. No other message may be lost. */
  readonly costs: string;
  /** Whether a message may be handled once more than it had to be. */
  readonly mayRepeat: boolean;
  readonly workload?: WorkloadOptions;
  /** Into how many partitions the shared queue or topic is divided before the work begins. Default: it is not divided. */
  readonly partitions?: number;
  /** How long to wait between two injections, in ms: at least, and at most. */
  readonly everyMs: readonly [number, number];
  /** Faults with the same target take turns when all are mixed; a fault without a target is not mixed. */
  readonly target?: 'server' | 'processes' | 'network';
  /** Starts the system that it is injected into. */
  server(): Promise<Redis>;
  /** Injects the fault once; resolves with how many times it is proven to have happened. */
  inject(context: FaultContext<Redis>): Promise<number>;
  /** Checks further conditions; resolves with a sentence for each violation. */
  check?(context: FaultContext<Redis>, summary: Summary): string[] | Promise<string[]>;
}
