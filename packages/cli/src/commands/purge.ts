import type { Command } from 'commander';
import { yesOption } from '../options/option-parsers.js';
import { confirmedQueue } from '../program/confirm.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface PurgeOptions {
  yes?: boolean;
}

export function addPurge(program: Command, context: ProgramContext): void {
  define<PurgeOptions>(program, context, 'purge', {
    description: 'Delete all pending and delayed messages of a queue. This cannot be undone.',
    addArguments: (command) =>
      command.argument('<queue>', 'name of the queue').addOption(yesOption()),
    help: `
Examples:
  redpost purge emails
  redpost purge emails --yes

Asks for confirmation; without a terminal, --yes is required. Prints how many
were deleted. Messages in work and dead letters stay (see redpost dead purge).`,
    job: (run, args, options) => unlessInterrupted(run, purge(run, args, options)),
  });
}

async function purge(run: Run, [name = '']: readonly string[], { yes }: PurgeOptions) {
  const queue = await confirmedQueue(run, name, {
    command: 'purge',
    yes,
    async question(its) {
      const { pending, delayed } = await its.stats();
      return `Forget ${pending} pending and ${delayed} delayed messages of ${name}?`;
    },
  });
  if (!queue) return exitCodes.failed;
  await run.output.line(JSON.stringify({ queue: name, ...(await queue.purge()) }));
  return exitCodes.done;
}
