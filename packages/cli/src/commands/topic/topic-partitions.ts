import type { Topic } from '@redpost/topic';
import type { Command } from 'commander';
import type { Body } from '../../messages/body-codec.js';
import { topicPartitionsTable } from '../../output/topic-partitions-table.js';
import { addCommand, define } from '../../program/define.js';
import type { ProgramContext } from '../../program/program-context.js';
import { type Run, unlessInterrupted } from '../../run.js';
import { partitionCountOf } from '../partitions.js';

interface PartitionsOptions {
  json?: boolean;
}

export function addTopicPartitions(topic: Command, context: ProgramContext): void {
  const partitions = addCommand(topic, 'partitions').description(
    'Change how many partitions a topic has, and show them.',
  );

  define<PartitionsOptions>(partitions, context, 'show', {
    description: 'Show the partitions of a topic, and how many records each has.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost topic partitions show events
  redpost topic partitions show events | jq '.partitions[].length'

A table on a terminal, else {"topic", "count", "isMoving", "partitions": [{"partition",
"stream", "isFormer", "length"}]}. A former partition is one that the topic had before
its number of partitions was changed: it gets no more records. isMoving is true while a
group has not settled all of theirs.`,
    job: (run, names, options) => unlessInterrupted(run, show(run, names, options)),
  });

  define<PartitionsOptions>(partitions, context, 'set', {
    description: 'Give a topic more or fewer partitions, while it works.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .argument('<count>', 'how many partitions: 1 to 1024')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost topic partitions set events 12
  redpost topic partitions set events 3

New records go to new partitions at once. Each group settles what is left in the former
ones before it begins with the new ones, so that records of a key keep their order.
Prints what redpost topic partitions show prints.`,
    job: (run, args, options) => unlessInterrupted(run, set(run, args, options)),
  });
}

async function show(run: Run, [name = '']: readonly string[], options: PartitionsOptions) {
  return print(run, await run.topic(name), options);
}

async function set(
  run: Run,
  [name = '', text = '']: readonly string[],
  options: PartitionsOptions,
) {
  const count = partitionCountOf(text);
  const topic = await run.topic(name);
  await topic.partitions.set(count);
  return print(run, topic, options);
}

async function print(run: Run, topic: Topic<Buffer, Body>, { json }: PartitionsOptions) {
  const { count, isMoving } = await topic.partitions.get();
  const partitions = await topic.partitions.stats();
  const text =
    run.output.isTerminal && !json
      ? topicPartitionsTable({ count, isMoving }, partitions)
      : JSON.stringify({ topic: topic.name, count, isMoving, partitions });
  await run.output.line(text);
  return undefined;
}
