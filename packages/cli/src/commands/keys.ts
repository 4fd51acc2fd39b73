import type { KeysOptions as QueueKeysOptions } from '@redpost/queue';
import type { Command } from 'commander';
import { positive } from '../options/option-parsers.js';
import { keyTable } from '../output/key-table.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface KeysOptions {
  by: QueueKeysOptions['by'];
  count: number;
  json?: boolean;
}

export function addKeys(program: Command, context: ProgramContext): void {
  define<KeysOptions>(program, context, 'keys', {
    description: 'List keys of a queue whose messages wait.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(
          command
            .createOption(
              '--by <what>',
              'most pending messages, longest wait, or most handler time, first',
            )
            .choices(['pending', 'age', 'time'])
            .default('pending'),
        )
        .option('-n, --count <n>', 'how many at most, up to 1000', positive, 10)
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost keys emails
  redpost keys emails --by age --count 100
  redpost keys emails --by time
  redpost keys emails --json | jq -r 'select(.isPaused) | .key'

A table on a terminal, else one JSON object per key: {"queue", "key", "pending",
"active", "waitsSince", "notBefore", "isPaused", "pausedUntil", "handlerMs"}.
"waitsSince" is since when its next message has been the next one, "notBefore" is
when that may be taken, if it has failed and waits for its next attempt, and
"handlerMs" is an estimate of how long handlers had its messages in this hour and
the one before. Keys without messages that wait are listed by time only: redpost
stats --key shows any key. Messages without a key are one more, but not by age:
(no key) in the table, and without "key" and "active" in JSON.`,
    job: (run, args, options) => unlessInterrupted(run, keys(run, args, options)),
  });
}

async function keys(run: Run, [name = '']: readonly string[], { by, count, json }: KeysOptions) {
  const queue = await run.queue(name);
  const found = await queue.keys({ by, count });
  const asTable = run.output.isTerminal && !json;
  const lines = asTable
    ? [keyTable(found)]
    : found.map((one) => JSON.stringify({ queue: name, ...one }));
  for (const text of lines) await run.output.line(text);
  return undefined;
}
