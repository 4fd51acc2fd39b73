import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from '@redpost/queue';
import type { Command } from 'commander';
import type { Body } from '../messages/body-codec.js';
import { timerDuration } from '../options/option-parsers.js';
import { keyTable } from '../output/key-table.js';
import { type NamedStats, statsTable } from '../output/stats-table.js';
import { define } from '../program/define.js';
import { exitCodes, wrongInput } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface StatsOptions {
  key?: string;
  json?: boolean;
  watch?: boolean;
  interval: number;
}

export function addStats(program: Command, context: ProgramContext): void {
  define<StatsOptions>(program, context, 'stats', {
    description: 'Count the messages of queues by their state.',
    addArguments: (command) =>
      command
        .argument('<queues...>', 'names of the queues')
        .option('--key <key>', 'count the messages of this key of the queue')
        .option('-w, --watch', 'print them again and again, until Ctrl-C')
        .addOption(
          command
            .createOption('-i, --interval <duration>', 'with --watch: how often')
            .argParser(timerDuration(100))
            .default(2000, '2s'),
        )
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost stats emails images
  redpost stats emails --json | jq .pending
  redpost stats emails --key customer-7
  redpost stats emails --watch
  redpost stats emails --watch --json --interval 10s >> emails.ndjson

A table on a terminal, else one JSON object per queue: pending, active, delayed,
dead, schedules, flows (that continue in it and are not over), consumers; under
outbox how much of what was sent with acknowledgements and to flows has not arrived in its queue yet, and since when the oldest waits;
under byPriority how many are pending at each priority from 0 to 9 (once a message had
one); under paused since when and why (if it is paused); under limits what limits its
consumers; and under total the counts of acked, retried, dead, expired, cancelled,
recovered and dropped messages and of trimmed (deleted) dead letters since the queue was
created. With --key, for each queue what redpost keys prints. With --watch, the table is replaced, and JSON
has the time "at". How these counts have
changed, and how long messages waited and ran: redpost series.`,
    job: (run, names, options) => unlessInterrupted(run, stats(run, names, options)),
  });
}

async function stats(run: Run, names: readonly string[], options: StatsOptions) {
  const { key, json } = options;
  const asTable = run.output.isTerminal && !json;
  if (options.watch) return watchStats(run, names, options, asTable);
  if (key !== undefined) return statsOfKey(run, names, key, asTable);
  const all = await read(await queuesOf(run, names));
  const lines = asTable ? [statsTable(all)] : all.map((one) => JSON.stringify(one));
  for (const text of lines) await run.output.line(text);
  return undefined;
}

/** Prints until it is interrupted, or its reader has ended. */
async function watchStats(
  run: Run,
  names: readonly string[],
  { key, interval }: StatsOptions,
  asTable: boolean,
): Promise<number> {
  if (key !== undefined) throw wrongInput('--watch is for queues, not for a --key');
  const queues = await queuesOf(run, names);
  const stop = new AbortController();
  onAbort(run.interruption.stopping, () => stop.abort());
  run.output.onClosed(() => stop.abort());
  for (let printed = 0; !stop.signal.aborted; ) {
    const all = await read(queues);
    const at = new Date();
    const lines = asTable
      ? statsTable(all).split('\n')
      : all.map((one) => JSON.stringify({ at, ...one }));
    const back = asTable && printed > 0 ? `\x1b[${printed}A\x1b[J` : '';
    // It rejects only when the reader has ended, which ends this loop.
    await run.output.line(`${back}${lines.join('\n')}`).catch(() => {});
    printed = lines.length;
    await pause(interval, undefined, { signal: stop.signal }).catch(() => {});
  }
  return exitCodes.done;
}

async function queuesOf(run: Run, names: readonly string[]) {
  const queues: Queue<Buffer, Body>[] = [];
  for (const name of names) queues.push(await run.shownQueue(name));
  return queues;
}

function read(queues: readonly Queue<Buffer, Body>[]): Promise<NamedStats[]> {
  return Promise.all(
    queues.map(async (queue) => ({ queue: queue.name, ...(await queue.stats()) })),
  );
}

async function statsOfKey(run: Run, names: readonly string[], key: string, asTable: boolean) {
  for (const name of names) {
    const queue = await run.shownQueue(name);
    const stats = await queue.stats({ key });
    const text = asTable ? keyTable([stats]) : JSON.stringify({ queue: name, ...stats });
    await run.output.line(text);
  }
  return undefined;
}
