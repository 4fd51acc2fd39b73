import type { DeadLetterFilter } from '@redpost/queue';
import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { deadLine, wholeDeadLine } from '../messages/message-line.js';
import { filterOption } from '../options/dead-filter.js';
import { codecOption, positive, whole, yesOption } from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { confirmedQueue } from '../program/confirm.js';
import { addCommand, define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';
import { addDeadBounds } from './dead-bounds.js';
import { entryOption, exitCodeFor } from './dead-entries.js';
import { addDeadGroups } from './dead-groups.js';
import { addDeadRedrive } from './dead-redrive.js';

interface ListOptions {
  codec: CodecName;
  count: number;
  after?: string;
  filter?: DeadLetterFilter;
  maxBodyBytes?: number;
}

interface ShowOptions {
  codec: CodecName;
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
        .addOption(filterOption())
        .option('--max-body-bytes <n>', 'leave out larger bodies, which are not read', whole)
        .addOption(codecOption()),
    help: `
Examples:
  redpost dead list emails
  redpost dead list emails --filter error=ETIMEDOUT --filter since=2030-01-31T12:00Z
  redpost dead list emails | jq -r 'select(.reason == "failed") | .entry'
  redpost dead list videos --max-body-bytes 0

Prints {"entry", "id", "body", "reason", "error", "diedAt", "attempt", "sentAt",
"headers"} for each. "entry" names it for redrive and purge. With --max-body-bytes,
{"bodyBytes"} instead of a larger body says how many bytes that has.`,
    job: (run, args, options) => unlessInterrupted(run, list(run, args, options)),
  });

  define<ShowOptions>(dead, context, 'show', {
    description: 'Print all that is known of dead letters, with their stacks.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<entries...>', 'entries, as dead list prints them')
        .addOption(codecOption()),
    help: `
Examples:
  redpost dead show emails 1700000000000-0
  redpost dead show emails 1700000000000-0 | jq -r .stack

Prints what dead list prints, and {"stack", "consumer", "process", "ranMs",
"origin"} as far as they are known. Exits with 1 when an entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, show(run, args, options)),
  });

  addDeadGroups(dead, context);
  addDeadRedrive(dead, context);

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

async function list(run: Run, [name = '']: readonly string[], options: ListOptions) {
  const { count, codec, filter, maxBodyBytes } = options;
  const { deadLetters } = await run.shownQueue(name);
  let { after } = options;
  let printed = 0;
  while (printed < count) {
    const limit = Math.min(pageSize, count - printed);
    const letters = await deadLetters.list({ limit, after, filter, maxBodyBytes });
    for (const letter of letters) void run.output.line(deadLine(letter, codec));
    await run.output.pressure;
    printed += letters.length;
    after = letters.at(-1)?.entry;
    if (letters.length < limit) break;
  }
  await run.output.flushed();
  const total = await deadLetters.count();
  if (printed === count && total > count && !filter)
    say(`there may be more: ${total} in all; see --count and --after`);
  return undefined;
}

async function show(run: Run, [name = '', ...entries]: readonly string[], { codec }: ShowOptions) {
  const { deadLetters } = await run.shownQueue(name);
  const letters = await Promise.all(entries.map((entry) => deadLetters.get(entry)));
  const found = letters.filter((letter) => letter !== undefined);
  for (const letter of found) void run.output.line(wholeDeadLine(letter, codec));
  await run.output.flushed();
  return exitCodeFor(entries, found.length);
}

async function purge(run: Run, [name = '']: readonly string[], { entry, yes }: EntryOptions) {
  const queue = await confirmedQueue(run, name, {
    command: 'dead purge',
    yes,
    async question(its) {
      const count = entry ? entry.length : await its.deadLetters.count();
      return `Delete ${counted(count, 'dead letter')} of ${name}?`;
    },
  });
  if (!queue) return exitCodes.failed;
  const { deadLetters } = queue;
  const purged = entry ? await deadLetters.remove(entry) : await deadLetters.purge();
  await run.output.line(JSON.stringify({ queue: name, purged }));
  return exitCodeFor(entry, purged);
}
