import type { DeadLetterBounds } from '@redpost/queue';
import type { Command } from 'commander';
import { duration, orNone, positive } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface BoundsOptions {
  maxLength?: number;
  maxAge?: number;
}

export function addDeadBounds(dead: Command, context: ProgramContext): void {
  define<BoundsOptions>(dead, context, 'bounds', {
    description: 'Show or set how many dead letters a queue keeps, and for how long.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('--max-length <n>', 'how many dead letters are kept, or "none"', orNone(positive))
        .option('--max-age <duration>', 'how long each is kept, or "none"', orNone(duration)),
    help: `
Examples:
  redpost dead bounds emails
  redpost dead bounds emails --max-length 500 --max-age 30d
  redpost dead bounds emails --max-length none --max-age none

Without options, shows what was declared for the queue, by this command or by a
program. With an option, declares both bounds: one that is not given gets its
default, 10000 or 90d. The oldest dead letters above the bounds are deleted. All
consumers obey. Prints {"queue", "maxLength", "maxAgeMs"}, with null for no bound.`,
    job: (run, args, options) => unlessInterrupted(run, bounds(run, args, options)),
  });
}

async function bounds(run: Run, [name = '']: readonly string[], options: BoundsOptions) {
  const { maxLength, maxAge: maxAgeMs } = options;
  const { deadLetters } = await run.shownQueue(name);
  const declared: DeadLetterBounds = { maxLength, maxAgeMs };
  if (maxLength !== undefined || maxAgeMs !== undefined) await deadLetters.setBounds(declared);
  // In JSON, null stands for Infinity.
  await run.output.line(JSON.stringify({ queue: name, ...(await deadLetters.bounds()) }));
  return undefined;
}
