import type { Command } from 'commander';
import { type NamedStats, statsTable } from '../output/stats-table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface StatsOptions {
  json?: boolean;
}

export function addStats(program: Command, context: ProgramContext): void {
  define<StatsOptions>(program, context, 'stats', {
    description: 'Count the messages of queues by their state.',
    addArguments: (command) =>
      command
        .argument('<queues...>', 'names of the queues')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost stats emails images
  redpost stats emails --json | jq .pending
  watch -n 1 'redpost stats emails --json'

A table on a terminal, else one JSON object per queue: pending, active, delayed,
dead, consumers, under paused since when and why (if it is paused), and under
total the counts of acked, retried, dead, expired, recovered and dropped messages
and of trimmed (deleted) dead letters since the queue was created.`,
    job: (run, names, options) => unlessInterrupted(run, stats(run, names, options)),
  });
}

async function stats(run: Run, names: readonly string[], { json }: StatsOptions) {
  const all: NamedStats[] = [];
  for (const name of names) {
    const queue = await run.queue(name);
    all.push({ queue: name, ...(await queue.stats()) });
  }
  const asTable = run.output.isTerminal && !json;
  const lines = asTable ? [statsTable(all)] : all.map((one) => JSON.stringify(one));
  for (const text of lines) await run.output.line(text);
  return undefined;
}
