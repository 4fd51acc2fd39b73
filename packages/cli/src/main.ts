import { CommanderError } from 'commander';
import { sayError, withdrawn } from './output/notices.js';
import { Output, OutputClosedError } from './output/output.js';
import { exitCodeOf, exitCodes } from './program/exit-codes.js';
import { Interruption, onAbort } from './program/interruption.js';
import { createProgram } from './program.js';

/** How long returning messages may take after a second Ctrl-C, in ms. */
const forcedEndMs = 3000;

/**
 * Runs the command line, and resolves to the exit code when all output is written and all connections are
 * closed.
 */
export async function main(args: readonly string[]): Promise<number> {
  const output = new Output(process.stdout);
  const interruption = new Interruption();
  process.stderr.on('error', () => {});
  endWhenForced(interruption);
  let exitCode: number = exitCodes.done;

  const program = createProgram({
    output,
    interruption,
    finished: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(args.length > 0 ? args : ['--help'], { from: 'user' });
  } catch (error) {
    exitCode = codeOfFailure(error, program.opts());
  }
  await output.flushed();
  await new Promise((resolve) => process.stderr.write(withdrawn(), resolve));
  return exitCode;
}

/** Ends a command at the second Ctrl-C, even if it still waits. */
function endWhenForced(interruption: Interruption): void {
  onAbort(interruption.forced, () => {
    setTimeout(() => process.exit(interruption.exitCode), forcedEndMs).unref();
  });
}

function codeOfFailure(error: unknown, { verbose }: { verbose?: boolean }): number {
  if (error instanceof CommanderError) {
    const asked = ['commander.helpDisplayed', 'commander.version'];
    return asked.includes(error.code) ? exitCodes.done : exitCodes.wrongInput;
  }
  if (error instanceof OutputClosedError) return exitCodes.done;
  sayError(error, { verbose: verbose === true || Boolean(process.env.REDPOST_DEBUG) });
  return exitCodeOf(error);
}
