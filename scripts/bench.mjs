import { renewFigures } from './figures.mjs';
import { runProgram } from './program.mjs';

await runProgram('bench');
// A complete run has replaced the results.
renewFigures();
