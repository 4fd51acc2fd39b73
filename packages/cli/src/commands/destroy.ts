import type { Command } from 'commander';
import { yesOption } from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { confirmedQueue } from '../program/confirm.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface DestroyOptions {
  yes?: boolean;
}

export function addDestroy(program: Command, context: ProgramContext): void {
  define<DestroyOptions>(program, context, 'destroy', {
    description:
      'Delete a queue with all its messages, dead letters and counters. This cannot be undone.',
    addArguments: (command) =>
      command.argument('<queue>', 'name of the queue').addOption(yesOption()),
    help: `
Examples:
  redpost destroy emails
  redpost destroy emails --yes

Asks for confirmation; without a terminal, --yes is required. Prints how many
messages there were in each state. Stop the consumers of the queue first: a
running consumer creates the queue again.`,
    job: destroy,
  });
}

async function destroy(run: Run, [name = '']: readonly string[], { yes }: DestroyOptions) {
  const queue = await confirmedQueue(run, name, {
    command: 'destroy',
    yes,
    async question(its) {
      const { pending, active, delayed, dead } = await its.stats();
      const counts = `${pending} pending, ${active} active, ${delayed} delayed, ${dead} dead`;
      return `Delete ${name} with its messages (${counts})?`;
    },
  });
  if (!queue) return run.interruption.exitCode ?? exitCodes.failed;
  const { stopping: signal } = run.interruption;
  const progress = new Progress();
  const deleted = await queue.destroy({
    signal,
    onProgress: ({ pending }) => progress.tell(() => `deleted ${counted(pending, 'message')}`),
  });
  await run.output.line(JSON.stringify({ queue: name, ...deleted }));
  const { pending } = signal.aborted ? await queue.stats() : { pending: 0 };
  if (pending === 0) {
    progress.end(() => `destroyed ${name}`);
    return exitCodes.done;
  }
  const soFar = counted(deleted.pending, 'message');
  say(`interrupted: deleted ${soFar}, ${counted(pending, 'message')} and the queue are left`);
  return run.interruption.exitCode;
}
