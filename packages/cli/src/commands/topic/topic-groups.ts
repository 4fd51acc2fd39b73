import type { GroupStats } from '@redpost/topic';
import type { Command } from 'commander';
import { type Columns, table } from '../../output/table.js';
import { define } from '../../program/define.js';
import type { ProgramContext } from '../../program/program-context.js';
import { type Run, unlessInterrupted } from '../../run.js';
import { existingGroup } from './existing-group.js';

interface TableOptions {
  json?: boolean;
}

type NamedGroup = { group: string } & GroupStats;

const columns: Columns<NamedGroup> = [
  ['GROUP', ({ group }) => group],
  ['LAG', ({ lag }) => lag],
  ['PENDING', ({ pending }) => pending],
  ['DELAYED', ({ delayed }) => delayed],
  ['DEAD', ({ dead }) => dead, 'alarm'],
  ['CONSUMERS', ({ consumers }) => consumers],
  ['ACKED', ({ total }) => total.acked],
  ['RETRIED', ({ total }) => total.retried],
  ['RECOVERED', ({ total }) => total.recovered],
];

export function addTopicGroups(topic: Command, context: ProgramContext): void {
  define<TableOptions>(topic, context, 'groups', {
    description: 'List the consumer groups of a topic, and how far they have come.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost topic groups events
  redpost topic groups events --json | jq 'select(.lag > 1000)'

A table on a terminal, else {"topic", "group", "lag", "pending", "delayed", "dead",
"consumers", "total"} for each. "lag" is how many records were not delivered yet, and
"pending" how many consumers hold or wait for another attempt.`,
    job: (run, args, options) => unlessInterrupted(run, groups(run, args, options)),
  });

  define<object>(topic, context, 'lag', {
    description: 'Print how many records a consumer group, or each, has not been given yet.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .argument('[group]', 'name of the group (default: all of them)'),
    help: `
Examples:
  redpost topic lag events billing
  redpost topic lag events | jq -s 'map(.lag) | max'

Prints {"topic", "group", "lag"} for each.`,
    job: (run, args) => unlessInterrupted(run, lag(run, args)),
  });
}

async function groups(run: Run, [name = '']: readonly string[], { json }: TableOptions) {
  const topic = await run.topic(name);
  const all: NamedGroup[] = [];
  for (const group of (await topic.groups()).sort()) {
    all.push({ group, ...(await topic.group(group).stats()) });
  }
  const lines =
    run.output.isTerminal && !json
      ? [table(columns, all)]
      : all.map((one) => JSON.stringify({ topic: name, ...one }));
  for (const text of lines) await run.output.line(text);
  return undefined;
}

async function lag(run: Run, [name = '', only]: readonly string[]) {
  const topic = await run.topic(name);
  const found = only === undefined ? await topic.groups() : [only];
  for (const group of found.sort()) {
    const of = await existingGroup(run, name, group);
    await run.output.line(JSON.stringify({ topic: name, group, lag: await of.lag() }));
  }
  return undefined;
}
