import type { Command } from 'commander';
import { timerDuration } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import { exitCodes, wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';
import { Top } from '../top/top.js';

interface TopOptions {
  interval: number;
}

export function addTop(program: Command, context: ProgramContext): void {
  define<TopOptions>(program, context, 'top', {
    description: 'Watch all queues and consumer groups on one page, and pause or open them.',
    addArguments: (command) =>
      command.addOption(
        command
          .createOption('-i, --interval <duration>', 'how often to read the numbers')
          .argParser(timerDuration(100))
          .default(2000, '2s'),
      ),
    help: `
Examples:
  redpost top
  redpost top --interval 500ms

What needs somebody comes first: messages without a consumer, then dead letters. OLDEST is how
long the next message has waited since it was sent. Keys: arrows select, Enter opens a queue
(its consumers, next messages and dead letters), Esc goes back, p pauses a queue or resumes
it after a question, s sorts, / filters, Ctrl-Z suspends, q or Ctrl-C quits. Needs a terminal:
for programs, there is redpost stats --watch.`,
    job: top,
  });
}

async function top(run: Run, _: readonly string[], { interval }: TopOptions) {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw wrongInput('top needs a terminal: for programs, there is redpost stats --watch --json');
  }
  const connection = await run.connection();
  await new Top(connection, interval).run(run.interruption.stopping);
  return exitCodes.done;
}
