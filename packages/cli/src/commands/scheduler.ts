import type { Command } from 'commander';
import { say } from '../output/notices.js';
import { sayBackgroundError } from '../output/queue-notices.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

export function addScheduler(program: Command, context: ProgramContext): void {
  define<object>(program, context, 'scheduler', {
    description: 'Send the messages of schedules, even while their queues have no consumer.',
    addArguments: (command) => command.argument('<queues...>', 'names of the queues'),
    help: `
Examples:
  redpost schedule set reports daily '{"kind":"daily"}' --cron '0 8 * * *'
  redpost scheduler reports mails

Runs until Ctrl-C or SIGTERM. It also returns delayed messages that are due. Every
consumer of a queue does the same for it, so this is only for queues whose consumers
are not always there. Any number of them may run: each tick is sent once.`,
    job: (run, names) => schedule(run, names),
  });
}

async function schedule(run: Run, queues: readonly string[]): Promise<number> {
  const { Scheduler } = await import('@redpost/queue');
  const connection = await run.connection();
  const scheduler = new Scheduler({ connection, queues });
  scheduler.on('error', sayBackgroundError);
  say(`sending the messages of schedules in ${queues.join(', ')}; Ctrl-C stops`);
  const { stopping } = run.interruption;
  await new Promise<void>((resolve) => onAbort(stopping, resolve));
  await scheduler.close();
  return exitCodes.done;
}
