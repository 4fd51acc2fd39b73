import type { Account } from '../accounting/account.js';
import type { Load, Workforce } from '../processes/workforce.js';
import type { Server } from '../servers/server.js';
import type { Standalone } from '../servers/standalone.js';
import type { Trial } from './trial.js';

/** What a fault has to do with. */
export interface Scene<Redis extends Server = Standalone> {
  readonly trial: Trial<Redis>;
  readonly workforce: Workforce;
  /** What is decided by it depends on the seed alone. */
  readonly random: () => number;
  /** For how long the fault strikes again and again, in ms. */
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
  readonly load?: Load;
  /** How long to wait between two strikes, in ms: at least, and at most. */
  readonly everyMs: readonly [number, number];
  /** Faults with the same target take turns when all are mixed; one without is not mixed. */
  readonly target?: 'server' | 'processes' | 'network';
  /** Starts what it is done to. */
  server(): Promise<Redis>;
  /** Does it once; resolves with how many times it is proven to have happened. */
  strike(scene: Scene<Redis>): Promise<number>;
  /** Of what must hold besides, the sentences that say what does not. */
  check?(scene: Scene<Redis>, account: Account): string[] | Promise<string[]>;
}
