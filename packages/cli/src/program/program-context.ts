import type { Output } from '../output/output.js';
import type { Interruption } from './interruption.js';

/** What the commands are run with. */
export interface ProgramContext {
  output: Output;
  interruption: Interruption;
  finished(exitCode: number): void;
}
