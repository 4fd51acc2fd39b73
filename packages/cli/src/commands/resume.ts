import type { Command } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

export function addResume(program: Command, context: ProgramContext): void {
  define(program, context, 'resume', {
    description: 'End the pause of a queue: its consumers continue at once.',
    addArguments: (command) => command.argument('<queue>', 'name of the queue'),
    help: `
Examples:
  redpost resume emails

Prints {"queue", "resumed"}: resumed is false if the queue was not paused.`,
    job: (run, names) => unlessInterrupted(run, resume(run, names)),
  });
}

async function resume(run: Run, [name = '']: readonly string[]) {
  const queue = await run.queue(name);
  await run.output.line(JSON.stringify({ queue: name, resumed: await queue.resume() }));
  return undefined;
}
