import type { Connection } from '@redpost/core';
import { inTurns } from '@redpost/core/consuming';
import type { Topic } from '@redpost/topic';
import type { Command } from 'commander';
import { shownAsIs } from '../messages/body-codec.js';
import {
  consumerTable,
  type Listed,
  type ListedConsumer,
  listTable,
} from '../output/list-table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface ListOptions {
  consumers?: boolean;
  json?: boolean;
}

/** What is listed, and who consumes it. */
interface Found {
  listed: Listed;
  consumers: readonly Omit<ListedConsumer, 'kind' | 'name' | 'group'>[];
}

export function addList(program: Command, context: ProgramContext): void {
  define<ListOptions>(program, context, 'list', {
    description: 'List queues, topics and consumer groups, or with --consumers who consumes them.',
    addArguments: (command) =>
      command
        .option('--consumers', 'list their consumers instead')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost list
  redpost list --consumers
  redpost list --json | jq -r 'select(.kind == "queue" and .pending > 1000) | .name'

A table on a terminal, else one JSON object per queue, topic and group: {"kind",
"name", "group", "pending", "active", "delayed", "dead", "consumers", "usedAt"}.
Of a topic, "pending" is how many records it has; of a group, how many were not
delivered yet. With --consumers one per consumer: {"kind", "name", "group",
"partition", "consumer", "held", "host", "pid", "version", "node", "runs",
"handler", "concurrency", "startedAt", "leaseEndsAt", "runningSince", "paused"}.
"runningSince" tells since when it has what it has had for longest, "paused" is set
while redpost pause --consumer holds: with "since" and "reason". Listed is what
redpost has used, and what still exists or was used within 30 days.`,
    job: (run, _args, options) => unlessInterrupted(run, list(run, options)),
  });
}

async function list(run: Run, { consumers: ofConsumers, json }: ListOptions) {
  const connection = await run.connection();
  const found = [...(await findQueues(connection)), ...(await findTopics(connection))];
  const asTable = run.output.isTerminal && !json;
  const consumers = found.flatMap(({ listed, consumers: its }) =>
    its.map((info): ListedConsumer => {
      const { kind, name, group } = listed;
      return { kind, name, group, ...info };
    }),
  );
  const listed = found.map((each) => each.listed);
  const rows: readonly object[] = ofConsumers ? consumers : listed;
  const asText = () => (ofConsumers ? consumerTable(consumers) : listTable(listed));
  const lines = asTable ? [asText()] : rows.map((row) => JSON.stringify(row));
  for (const text of lines) await run.output.line(text);
  return undefined;
}

async function findQueues(connection: Connection): Promise<Found[]> {
  const { listQueues, Queue } = await import('@redpost/queue');
  return inTurns(await listQueues(connection), async ({ name, usedAt }) => {
    const queue = new Queue(name, { connection, codec: shownAsIs });
    const [stats, consumers] = await Promise.all([queue.stats(), queue.consumers()]);
    const { pending, active, delayed, dead } = stats;
    const counts = { pending, active, delayed, dead, consumers: consumers.length };
    return { listed: { kind: 'queue', name, ...counts, usedAt }, consumers };
  });
}

async function findTopics(connection: Connection): Promise<Found[]> {
  const { listTopics, Topic } = await import('@redpost/topic');
  const found = await inTurns(await listTopics(connection), async (topic) => {
    const { name, partitions, usedAt } = topic;
    const its = new Topic(name, { connection, partitions });
    const [groups, { length }] = await Promise.all([findGroups(its), its.stats()]);
    const listed: Listed = { kind: 'topic', name, pending: length, usedAt };
    return [{ listed, consumers: [] }, ...groups];
  });
  return found.flat();
}

async function findGroups(topic: Topic): Promise<Found[]> {
  return inTurns(await topic.groups(), async (group) => {
    const its = topic.group(group);
    const [stats, consumers] = await Promise.all([its.stats(), its.consumers()]);
    const { lag, pending, delayed, dead } = stats;
    const counts = { pending: lag, active: pending - delayed, delayed, dead };
    const listed: Listed = { kind: 'group', name: topic.name, group, ...counts };
    return { listed: { ...listed, consumers: consumers.length }, consumers };
  });
}
