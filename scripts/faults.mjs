import { runProgram } from './program.mjs';

await runProgram('e2e');
