import type { Summary } from '../accounting/summary.js';
import type { SystemUnderTest } from '../processes/system-under-test.js';
import type { Workload, WorkloadOptions } from '../processes/workload.js';
import type { Server } from '../servers/server.js';
import type { Standalone } from '../servers/standalone.js';

/** What a fault works on. */
export interface FaultContext<Redis extends Server = Standalone> {
  readonly system: SystemUnderTest<Redis>;
  readonly workload: Workload;
  /** Depends on the seed alone, and so does everything that is decided by it. */
  readonly random: () => number;
  /** For how long the fault is injected repeatedly, in ms. */
  readonly ms: number;
}

/** Something bad that is done to the queue's processes, their network or their Redis. */
export interface Fault<Redis extends Server = Standalone> {
  /** `kill-consumers`: what `--only` takes. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly does: string;
  /** How it is known to have happened. */
  readonly proof: string;
  /** What it may cost. Nothing may ever be lost but what is said here. */
  readonly costs: string;
  /** Whether a message may be handled once more than it had to be. */
  readonly mayRepeat: boolean;
  readonly workload?: WorkloadOptions;
  /** How long to wait between two injections, in ms: at least, and at most. */
  readonly everyMs: readonly [number, number];
  /** Faults with the same target take turns when all are mixed; one without is not mixed. */
  readonly target?: 'server' | 'processes' | 'network';
  /** Starts what it is done to. */
  server(): Promise<Redis>;
  /** Does it once; resolves with how many times it is proven to have happened. */
  inject(context: FaultContext<Redis>): Promise<number>;
  /** Checks what must hold besides; resolves with a sentence for each thing that does not. */
  check?(context: FaultContext<Redis>, summary: Summary): string[] | Promise<string[]>;
}
