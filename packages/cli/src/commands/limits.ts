import type { Queue, QueueLimitChanges, RateLimit } from '@redpost/queue';
import type { Command } from 'commander';
import {
  orNone,
  positive,
  rate,
  timerDuration,
  weights,
  whole,
} from '../options/option-parsers.js';
import { limitsTable } from '../output/limits-table.js';
import { define } from '../program/define.js';
import { wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface LimitsOptions {
  rate?: Pick<RateLimit, 'max' | 'perMs'> | 'none';
  burst?: number;
  concurrency?: number;
  keyConcurrency?: number;
  keyRate?: Pick<RateLimit, 'max' | 'perMs'> | 'none';
  keyMaxLength?: number;
  keyWeights?: Record<string, number> | 'none';
  aging?: number;
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
        .option('--key-concurrency <n>', 'the same for each key, or none', orNone(positive))
        .option('--key-rate <max/time>', 'the same as --rate for each key, or none', rate)
        .option(
          '--key-max-length <n>',
          'how many messages of a key may wait, or none',
          orNone(positive),
        )
        .option(
          '--key-weights <key=n,...>',
          'shares of the time of handlers, compared with 1 for other keys, or none',
          weights,
        )
        .option(
          '--aging <duration>',
          'what has waited for longer comes before higher priorities, or none',
          orNone(timerDuration(1)),
        )
        .addOption(
          command
            .createOption('--clear', 'remove all limits')
            .conflicts([
              ...['rate', 'burst', 'concurrency', 'keyConcurrency', 'keyRate'],
              ...['keyMaxLength', 'keyWeights', 'aging'],
            ]),
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
  redpost limits emails --key-rate 5/1m --key-max-length 1000
  redpost limits emails --key-weights anna=3,ben=0.5
  redpost limits emails --clear

Limits that are not named stay as they are. Prints what holds then, when all
consumers have confirmed it: a table on a terminal, else {"queue", "limits"}.
Exits with 1 if a consumer has not confirmed in time: the limits are declared
then all the same. A --rate without --burst has no burst, and neither has a
--key-rate. --key-weights replaces all weights that were declared before.`,
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
  options: LimitsOptions,
): Promise<QueueLimitChanges> {
  const { rate, burst, keyRate, keyWeights } = options;
  const changes: QueueLimitChanges = {
    concurrency: numberOrNone(options.concurrency),
    keyConcurrency: numberOrNone(options.keyConcurrency),
    keyMaxLength: numberOrNone(options.keyMaxLength),
    agingMs: numberOrNone(options.aging),
    keyRate: keyRate === 'none' ? null : keyRate,
    keyWeights: keyWeights === 'none' ? null : keyWeights,
  };
  if (rate === 'none') changes.rate = null;
  else if (rate) changes.rate = { ...rate, burst };
  if (burst === undefined || rate) return changes;
  const { rate: former } = await limits.get();
  if (!former) throw wrongInput('The queue has no rate: give --rate with --burst');
  return { ...changes, rate: { ...former, burst } };
}

function numberOrNone(value: number | undefined): number | null | undefined {
  return value === Infinity ? null : value;
}
