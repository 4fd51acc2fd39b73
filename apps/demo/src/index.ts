import { runDemo } from './demo.js';
import { explain } from './failure.js';
import { help } from './help.js';
import { catchInterruptions, Interruption } from './interruption.js';
import { parseOptions } from './options.js';
import { Screen } from './terminal/screen.js';

process.exitCode = await main(process.argv.slice(2));

/** Resolves to the exit code: 0 all arrived, 1 failed or lost, 2 wrong option, 128 + n signal n. */
async function main(args: string[]): Promise<number> {
  const screen = new Screen(process.stdout);
  const signal = catchInterruptions();
  try {
    const options = parseOptions(args, process.env);
    if (options === 'help') {
      screen.line(help);
      return 0;
    }
    return (await runDemo(options, screen, signal)) ? 0 : 1;
  } catch (error) {
    screen.status(undefined);
    return report(signal.aborted ? signal.reason : error);
  }
}

function report(error: unknown): number {
  const { message, exitCode } =
    error instanceof Interruption ? error : explain(error, 'redpost demo');
  if (message) process.stderr.write(`${message}\n`);
  return exitCode;
}
