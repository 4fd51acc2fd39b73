import type { Queue } from '@redpost/queue';
import type { Command } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface ResumeOptions {
  key?: string;
  consumer?: string;
}

export function addResume(program: Command, context: ProgramContext): void {
  define<ResumeOptions>(program, context, 'resume', {
    description:
      'End the pause of a queue, or of a key or a consumer of it, which continue at once.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('--key <key>', 'end the pause of this key')
        .addOption(
          command
            .createOption('--consumer <name>', 'end the pause of this consumer')
            .conflicts('key'),
        ),
    help: `
Examples:
  redpost resume emails
  redpost resume emails --key customer-7
  redpost resume emails --consumer zkX3fLq0aB1c.30000

Prints {"queue", "resumed"}: resumed is false if the queue was not paused. With
--key, that key: {"queue", "key", "resumed"}, and with --consumer that consumer:
{"queue", "consumer", "resumed"}. A pause of the queue holds its keys and consumers too.`,
    job: (run, names, options) => unlessInterrupted(run, resume(run, names, options)),
  });
}

async function resume(run: Run, [name = '']: readonly string[], { key, consumer }: ResumeOptions) {
  const queue = await run.shownQueue(name);
  const resumed = await resumeIn(queue, { key, consumer });
  await run.output.line(JSON.stringify({ queue: name, key, consumer, resumed }));
  return undefined;
}

function resumeIn(
  queue: Pick<Queue, 'resume' | 'resumeKey' | 'resumeConsumer'>,
  { key, consumer }: { [Option in keyof ResumeOptions]: string | undefined },
): Promise<boolean> {
  if (consumer !== undefined) return queue.resumeConsumer(consumer);
  return key === undefined ? queue.resume() : queue.resumeKey(key);
}
