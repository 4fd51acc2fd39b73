import type { Output } from '../output/output.js';
import type { Interruption } from './interruption.js';

/** The context in which commands are run. */
export interface ProgramContext {
  output: Output;
  interruption: Interruption;
  finished(exitCode: number): void;
}
