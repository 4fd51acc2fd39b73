import type { Command } from 'commander';
import { keyTable } from '../output/key-table.js';
import { type NamedStats, statsTable } from '../output/stats-table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface StatsOptions {
  key?: string;
  json?: boolean;
}

export function addStats(program: Command, context: ProgramContext): void {
  define<StatsOptions>(program, context, 'stats', {
    description: 'Count the messages of queues by their state.',
    addArguments: (command) =>
      command
        .argument('<queues...>', 'names of the queues')
        .option('--key <key>', 'count the messages of this key of the queue')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost stats emails images
  redpost stats emails --json | jq .pending
  redpost stats emails --key customer-7
  watch -n 1 'redpost stats emails --json'

A table on a terminal, else one JSON object per queue: pending, active, delayed,
dead, schedules, consumers; under outbox how much of what was sent with
acknowledgements and to flows has not arrived in its queue yet, and since when the oldest waits;
under byPriority how many are pending at each priority from 0 to 9 (once a message had
one); under paused since when and why (if it is paused); under limits what limits its
consumers; and under total the counts of acked, retried, dead, expired, cancelled,
recovered and dropped messages and of trimmed (deleted) dead letters since the queue was
created. With --key, for each queue what redpost keys prints. How these counts have
changed, and how long messages waited and ran: redpost series.`,
    job: (run, names, options) => unlessInterrupted(run, stats(run, names, options)),
  });
}

async function stats(run: Run, names: readonly string[], { key, json }: StatsOptions) {
  const asTable = run.output.isTerminal && !json;
  if (key !== undefined) return statsOfKey(run, names, key, asTable);
  const all: NamedStats[] = [];
  for (const name of names) {
    const queue = await run.queue(name);
    all.push({ queue: name, ...(await queue.stats()) });
  }
  const lines = asTable ? [statsTable(all)] : all.map((one) => JSON.stringify(one));
  for (const text of lines) await run.output.line(text);
  return undefined;
}

async function statsOfKey(run: Run, names: readonly string[], key: string, asTable: boolean) {
  for (const name of names) {
    const queue = await run.queue(name);
    const stats = await queue.stats({ key });
    const text = asTable ? keyTable([stats]) : JSON.stringify({ queue: name, ...stats });
    await run.output.line(text);
  }
  return undefined;
}
