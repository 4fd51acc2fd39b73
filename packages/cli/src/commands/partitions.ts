import type { Queue } from '@redpost/queue';
import type { Command } from 'commander';
import type { Body } from '../messages/body-codec.js';
import { positive } from '../options/option-parsers.js';
import { partitionsTable } from '../output/partitions-table.js';
import { addCommand, define } from '../program/define.js';
import { wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface PartitionsOptions {
  json?: boolean;
}

export function addPartitions(program: Command, context: ProgramContext): void {
  const partitions = addCommand(program, 'partitions').description(
    'Divide a queue into lists in several Cluster slots, and show them.',
  );

  define<PartitionsOptions>(partitions, context, 'show', {
    description: 'Show the lists of a queue, and how many messages each has.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost partitions show jobs
  redpost partitions show jobs | jq '.lists[].pending'

A table on a terminal, else {"queue", "count", "isMoving", "lists": [{"list",
"pending", "active", "delayed", "dead"}]}. The first list is that of the queue's
name, for what other clients push to it. isMoving is true while messages of keys may
wait where they went before the number of partitions has changed: consumers send
these on.`,
    job: (run, names, options) => unlessInterrupted(run, show(run, names, options)),
  });

  define<PartitionsOptions>(partitions, context, 'set', {
    description: 'Divide a queue into more or fewer partitions, while it works.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<count>', 'how many partitions: 1 to 128')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost partitions set jobs 6
  redpost partitions set jobs 3

New messages go to the new partitions at once, by producers that run already after
half a minute at most. What waits stays where it is and is handled there; messages of
keys go on to the partition of their key, in their order. As many partitions as a
Cluster has masters, or twice as many, lie evenly on them. Prints what redpost
partitions show prints. Exits with 1 if the last change is not through yet.`,
    job: (run, args, options) => unlessInterrupted(run, set(run, args, options)),
  });
}

async function show(run: Run, [name = '']: readonly string[], options: PartitionsOptions) {
  return print(run, await run.shownQueue(name), options);
}

async function set(
  run: Run,
  [name = '', text = '']: readonly string[],
  options: PartitionsOptions,
) {
  const count = partitionCountOf(text);
  const queue = await run.shownQueue(name);
  await queue.partitions.set(count);
  return print(run, queue, options);
}

/** How many partitions a text says. */
export function partitionCountOf(text: string): number {
  try {
    return positive(text);
  } catch {
    throw wrongInput(`How many partitions is a whole number of at least 1, got ${text}`);
  }
}

async function print(run: Run, queue: Queue<Buffer, Body>, { json }: PartitionsOptions) {
  const { count, isMoving } = await queue.partitions.get();
  const lists = await queue.partitions.stats();
  const text =
    run.output.isTerminal && !json
      ? partitionsTable({ count, isMoving }, lists)
      : JSON.stringify({ queue: queue.name, count, isMoving, lists });
  await run.output.line(text);
  return undefined;
}
