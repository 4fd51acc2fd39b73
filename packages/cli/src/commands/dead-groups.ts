import type { DeadLetterFilter, DeadLetterGroup } from '@redpost/queue';
import type { Command } from 'commander';
import { filterOption } from '../options/dead-filter.js';
import { positive } from '../options/option-parsers.js';
import { grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { type Columns, shortTime, table } from '../output/table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface GroupsOptions {
  count: number;
  filter?: DeadLetterFilter;
  json?: boolean;
}

const columns: Columns<DeadLetterGroup> = [
  ['REASON', ({ reason }) => reason],
  ['COUNT', ({ count }) => count],
  ['FIRST', ({ first }) => shortTime(first)],
  ['LAST', ({ last }) => shortTime(last)],
  ['FINGERPRINT', ({ fingerprint }) => fingerprint],
  ['SAMPLE', ({ sample }) => sample.entry],
  ['ERROR', ({ error }) => JSON.stringify(error.slice(0, 80))],
];

export function addDeadGroups(dead: Command, context: ProgramContext): void {
  define<GroupsOptions>(dead, context, 'groups', {
    description: 'Count dead letters by reason and kind of error.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('-n, --count <n>', 'how many groups at most: the largest', positive, 100)
        .addOption(filterOption())
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost dead groups emails
  redpost dead groups emails --filter since=2030-01-31T12:00Z
  redpost dead redrive emails --filter fingerprint=1a2b3c4d

Errors that differ only in numbers, ids and addresses are of one kind. A table on
a terminal, else {"reason", "error", "fingerprint", "count", "first", "last",
"sample": {"id", "entry"}} for each. Interrupted, it prints what it has counted.`,
    job: groups,
  });
}

async function groups(run: Run, [name = '']: readonly string[], options: GroupsOptions) {
  const { count, filter, json } = options;
  const { interruption, output } = run;
  const { deadLetters } = await run.shownQueue(name);
  const progress = new Progress();
  const found = await deadLetters.groups({
    limit: count,
    filter,
    signal: interruption.stopping,
    onProgress: ({ examined, of }) => progress.tell(() => lookedAt(examined, of)),
  });
  if (output.isTerminal && !json) await output.line(table(columns, found.groups));
  else for (const group of found.groups) void output.line(JSON.stringify(group));
  await output.flushed();
  if (!found.isInterrupted) return undefined;
  say(lookedAt(found.examined, found.of));
  return interruption.exitCode;
}

function lookedAt(examined: number, of: number): string {
  return `looked at ${grouped(examined)} of ${grouped(of)}`;
}
