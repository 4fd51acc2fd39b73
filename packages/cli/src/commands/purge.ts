import type { PurgeResult } from '@redpost/queue';
import type { Command } from 'commander';
import { yesOption } from '../options/option-parsers.js';
import { grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { confirmedQueue } from '../program/confirm.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

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
    job: purge,
  });
}

async function purge(run: Run, [name = '']: readonly string[], { yes }: PurgeOptions) {
  const queue = await confirmedQueue(run, name, {
    command: 'purge',
    yes,
    async question(its) {
      const { pending, delayed } = await its.stats();
      return `Delete ${grouped(pending)} pending and ${grouped(delayed)} delayed messages of ${name}?`;
    },
  });
  if (!queue) return run.interruption.exitCode ?? exitCodes.failed;
  const { stopping: signal } = run.interruption;
  const progress = new Progress();
  const deleted = await queue.purge({
    signal,
    onProgress: (so) => progress.tell(() => `deleted ${soFar(so)}`),
  });
  await run.output.line(JSON.stringify({ queue: name, ...deleted }));
  if (!signal.aborted) {
    progress.end(() => `deleted ${soFar(deleted)}`);
    return exitCodes.done;
  }
  const { pending, delayed } = await queue.stats();
  say(`interrupted: deleted ${soFar(deleted)}, ${soFar({ pending, delayed })} are left`);
  return run.interruption.exitCode;
}

function soFar({ pending, delayed }: PurgeResult): string {
  return `${grouped(pending)} pending and ${grouped(delayed)} delayed messages`;
}
