import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { deadLine } from '../messages/message-line.js';
import { codecOption, positive, repeated, yesOption } from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { confirmedQueue } from '../program/confirm.js';
import { addCommand, define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';
import { addDeadBounds } from './dead-bounds.js';

interface ListOptions {
  codec: CodecName;
  count: number;
  after?: string;
}

interface EntryOptions {
  entry?: string[];
  yes?: boolean;
}

/** How many dead letters are read in one round trip. */
const pageSize = 100;

export function addDead(program: Command, context: ProgramContext): void {
  const dead = addCommand(program, 'dead').description(
    'Look at the dead letters of a queue, send them again, delete or bound them.',
  );

  define<ListOptions>(dead, context, 'list', {
    description: 'Print dead letters, the oldest first.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('-n, --count <n>', 'how many at most', positive, pageSize)
        .option('--after <entry>', 'begin after this entry')
        .addOption(codecOption()),
    help: `
Examples:
  redpost dead list emails
  redpost dead list emails | jq -r 'select(.reason == "failed") | .entry'

Prints {"entry", "id", "body", "reason", "error", "diedAt", "attempt", "sentAt",
"headers"} for each. "entry" names it for redrive and purge.`,
    job: (run, args, options) => unlessInterrupted(run, list(run, args, options)),
  });

  define<EntryOptions>(dead, context, 'redrive', {
    description: 'Send dead letters again, as new messages: all, or the named entries.',
    addArguments: (command) =>
      command.argument('<queue>', 'name of the queue').addOption(entryOption(command)),
    help: `
Examples:
  redpost dead redrive emails
  redpost dead redrive emails --entry 1700000000000-0 --entry 1700000000001-0

Prints how many were sent. Exits with 1 when a named entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, redrive(run, args, options)),
  });

  define<EntryOptions>(dead, context, 'purge', {
    description: 'Delete dead letters: all, or the named entries. This cannot be undone.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(entryOption(command))
        .addOption(yesOption()),
    help: `
Examples:
  redpost dead purge emails --yes
  redpost dead purge emails --entry 1700000000000-0 --yes

Asks for confirmation; without a terminal, --yes is required. Prints how many
were deleted. Exits with 1 when a named entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, purge(run, args, options)),
  });

  addDeadBounds(dead, context);
}

function entryOption(command: Command) {
  return command
    .createOption('--entry <entry>', 'only this entry, as dead list prints it (repeatable)')
    .argParser(repeated);
}

async function list(run: Run, [name = '']: readonly string[], options: ListOptions) {
  const { count, codec } = options;
  const { deadLetters } = await run.queue(name);
  let { after } = options;
  let printed = 0;
  while (printed < count) {
    const limit = Math.min(pageSize, count - printed);
    const letters = await deadLetters.list({ limit, after });
    for (const letter of letters) void run.output.line(deadLine(letter, codec));
    await run.output.pressure;
    printed += letters.length;
    after = letters.at(-1)?.entry;
    if (letters.length < limit) break;
  }
  await run.output.flushed();
  const total = await deadLetters.count();
  if (printed === count && total > count)
    say(`there may be more: ${total} in all; see --count and --after`);
  return undefined;
}

async function redrive(run: Run, [name = '']: readonly string[], { entry }: EntryOptions) {
  const { deadLetters } = await run.queue(name);
  const redriven = await deadLetters.redrive(entry ? { entries: entry } : {});
  await run.output.line(JSON.stringify({ queue: name, redriven }));
  return exitCodeFor(entry, redriven);
}

async function purge(run: Run, [name = '']: readonly string[], { entry, yes }: EntryOptions) {
  const queue = await confirmedQueue(run, name, {
    command: 'dead purge',
    yes,
    async question(its) {
      const count = entry ? entry.length : await its.deadLetters.count();
      return `Forget ${counted(count, 'dead letter')} of ${name}?`;
    },
  });
  if (!queue) return exitCodes.failed;
  const { deadLetters } = queue;
  const purged = entry ? await deadLetters.remove(entry) : await deadLetters.purge();
  await run.output.line(JSON.stringify({ queue: name, purged }));
  return exitCodeFor(entry, purged);
}

function exitCodeFor(entries: readonly string[] | undefined, done: number): number {
  const missing = new Set(entries).size - done;
  if (!entries || missing <= 0) return exitCodes.done;
  say(`${missing} of ${counted(entries.length, 'entry').replace('entrys', 'entries')} not found`);
  return exitCodes.failed;
}
