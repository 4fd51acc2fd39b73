import { InvalidArgumentError } from '@redpost/core';
import type { Queue, QueueLimitChanges, RateLimit } from '@redpost/queue';
import type { Command } from 'commander';
import { orNone, positive, rate, timerDuration, whole } from '../options/option-parsers.js';
import { limitsTable } from '../output/limits-table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface LimitsOptions {
  rate?: Pick<RateLimit, 'max' | 'perMs'> | 'none';
  burst?: number;
  concurrency?: number;
  clear?: boolean;
  timeout: number;
  json?: boolean;
}

export function addLimits(program: Command, context: ProgramContext): void {
  define<LimitsOptions>(program, context, 'limits', {
    description: 'Show or change what limits the consumers of a queue, all of them together.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option(
          '--rate <max/time>',
          'how many messages may start in any such time, e.g. 50/1s, or none',
          rate,
        )
        .option('--burst <n>', 'how many more may start after a quiet time', whole)
        .option(
          '--concurrency <n>',
          'how many messages may be active at a time, or none',
          orNone(positive),
        )
        .addOption(
          command
            .createOption('--clear', 'remove all limits')
            .conflicts(['rate', 'burst', 'concurrency']),
        )
        .option(
          '--timeout <duration>',
          'how long to wait until all consumers have confirmed',
          timerDuration(0),
          10_000,
        )
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost limits emails
  redpost limits emails --rate 50/1s --burst 5
  redpost limits emails --concurrency 20
  redpost limits emails --rate none
  redpost limits emails --clear

Limits that are not named stay as they are. Prints what holds then, when all
consumers have confirmed it: a table on a terminal, else {"queue", "limits"}.
Exits with 1 if a consumer has not confirmed in time: the limits are declared
then all the same. A --rate without --burst has no burst.`,
    job: (run, names, options) => unlessInterrupted(run, limits(run, names, options)),
  });
}

async function limits(run: Run, [name = '']: readonly string[], options: LimitsOptions) {
  const { clear, timeout: timeoutMs, json } = options;
  const queue = await run.queue(name);
  if (clear) await queue.limits.clear();
  else await queue.limits.set(await changesOf(queue.limits, options), { timeoutMs });
  const declared = await queue.limits.get();
  const asTable = run.output.isTerminal && !json;
  const text = asTable
    ? limitsTable(name, declared)
    : JSON.stringify({ queue: name, limits: declared });
  await run.output.line(text);
  return undefined;
}

async function changesOf(
  limits: Queue['limits'],
  { rate, burst, concurrency }: LimitsOptions,
): Promise<QueueLimitChanges> {
  const changes: QueueLimitChanges = {};
  if (concurrency !== undefined)
    changes.concurrency = concurrency === Infinity ? null : concurrency;
  if (rate === 'none') changes.rate = null;
  else if (rate) changes.rate = { ...rate, burst };
  if (burst === undefined || rate) return changes;
  const { rate: former } = await limits.get();
  if (!former) throw new InvalidArgumentError('The queue has no rate: give --rate with --burst');
  return { ...changes, rate: { ...former, burst } };
}
