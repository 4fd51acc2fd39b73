import type { Command } from 'commander';
import { canAsk, confirm } from '../confirm.js';
import { define } from '../define.js';
import { exitCodes, wrongInput } from '../exit-codes.js';
import { say } from '../notices.js';
import { yesOption } from '../option-parsers.js';
import type { Surroundings } from '../program.js';
import { type Run, unlessInterrupted } from '../run.js';

interface PurgeOptions {
  yes?: boolean;
}

export function addPurge(program: Command, surroundings: Surroundings): void {
  define<PurgeOptions>(program, surroundings, 'purge', {
    description: 'Forget all pending and delayed messages of a queue. This cannot be undone.',
    takes: (command) => command.argument('<queue>', 'its name').addOption(yesOption()),
    help: `
Examples:
  redpost purge emails
  redpost purge emails --yes

Asks first; where nobody can be asked, --yes is needed. Prints how many there
were. Messages that a consumer is working on stay, and so do dead letters (see
redpost dead purge).`,
    job: (run, args, options) => unlessInterrupted(run, purge(run, args, options)),
  });
}

async function purge(run: Run, [name = '']: readonly string[], { yes }: PurgeOptions) {
  if (!yes && !canAsk()) throw wrongInput('purge cannot be undone: confirm it with --yes');
  const queue = await run.queue(name);
  if (!yes) {
    const { pending, delayed } = await queue.stats();
    const question = `Forget ${pending} pending and ${delayed} delayed messages of ${name}?`;
    if (!(await confirm(run, question))) {
      say('nothing was forgotten');
      return exitCodes.failed;
    }
  }
  await run.output.line(JSON.stringify({ queue: name, ...(await queue.purge()) }));
  return undefined;
}
