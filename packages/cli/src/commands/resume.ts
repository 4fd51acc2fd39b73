import type { Command } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface ResumeOptions {
  key?: string;
}

export function addResume(program: Command, context: ProgramContext): void {
  define<ResumeOptions>(program, context, 'resume', {
    description: 'End the pause of a queue, or of a key of it: its consumers continue at once.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('--key <key>', 'end the pause of this key'),
    help: `
Examples:
  redpost resume emails
  redpost resume emails --key customer-7

Prints {"queue", "resumed"}: resumed is false if the queue was not paused. With
--key, that key: {"queue", "key", "resumed"}. A pause of the queue holds its keys too.`,
    job: (run, names, options) => unlessInterrupted(run, resume(run, names, options)),
  });
}

async function resume(run: Run, [name = '']: readonly string[], { key }: ResumeOptions) {
  const queue = await run.queue(name);
  const resumed = await (key === undefined ? queue.resume() : queue.resumeKey(key));
  await run.output.line(JSON.stringify({ queue: name, key, resumed }));
  return undefined;
}
