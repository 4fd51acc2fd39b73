import type { DeadLetterFilter, DeadLetters, RedriveProgress } from '@redpost/queue';
import type { Command } from 'commander';
import type { Body, CodecName } from '../messages/body-codec.js';
import { parseArgument } from '../messages/outgoing.js';
import { filterOption } from '../options/dead-filter.js';
import { codecOption, rateOption, yesOption } from '../options/option-parsers.js';
import { counted, grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { confirmed } from '../program/confirm.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';
import { entryOption, exitCodeFor } from './dead-entries.js';

interface RedriveOptions {
  entry?: string[];
  filter?: DeadLetterFilter;
  to?: string;
  rate?: number;
  yes?: boolean;
}

/** More than so many are not sent again without a question. */
export const askedAbove = 100;

export function addDeadRedrive(dead: Command, context: ProgramContext): void {
  define<RedriveOptions>(dead, context, 'redrive', {
    description: 'Send dead letters again, as new messages.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(entryOption(command).conflicts('filter'))
        .addOption(filterOption())
        .option('--to <queue>', 'send them to this queue instead')
        .addOption(rateOption())
        .addOption(yesOption()),
    help: `
Examples:
  redpost dead redrive emails
  redpost dead redrive emails --entry 1700000000000-0 --entry 1700000000001-0
  redpost dead redrive emails --filter reason=failed --filter error=ETIMEDOUT --rate 50
  redpost dead redrive emails --filter fingerprint=1a2b3c4d --to emails-slow

Asks for confirmation if there are more than 100; without a terminal, --yes is required
then. Prints how many were sent: {"queue", "redriven"}. Ctrl-C ends it after the current
part; what was sent stays sent. Exits with 1 when a named entry does not exist.`,
    job: redrive,
  });

  define<{ codec: CodecName }>(dead, context, 'edit', {
    description: 'Send one dead letter again with another body.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<entry>', 'the entry, as dead list prints it')
        .argument('<body>', 'the new body')
        .addOption(codecOption()),
    help: `
Examples:
  redpost dead edit emails 1700000000000-0 '{"to":"a@example.com"}'

Key, headers and all else stay. Prints {"queue", "redriven"}. Exits with 1 when the
entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, edit(run, args, options)),
  });
}

async function redrive(run: Run, [name = '']: readonly string[], options: RedriveOptions) {
  const { entry, filter, to, rate } = options;
  const { interruption, output } = run;
  const { deadLetters } = await run.shownQueue(name);
  if (!(await isWanted(run, name, deadLetters, options))) {
    if (!interruption.stopping.aborted) say('nothing was sent');
    return interruption.exitCode ?? exitCodes.failed;
  }
  const progress = new Progress();
  const { redriven, isInterrupted, ...rest } = await deadLetters.redrive({
    entries: entry,
    filter,
    to,
    ratePerSecond: rate,
    signal: interruption.stopping,
    onProgress: (so) => progress.tell(() => soFar(so, filter !== undefined)),
  });
  await output.line(JSON.stringify({ queue: name, redriven }));
  const ending = () => soFar({ redriven, ...rest }, filter !== undefined);
  if (isInterrupted) {
    say(`interrupted: ${ending()}`);
    return interruption.exitCode;
  }
  progress.end(ending);
  return exitCodeFor(entry, redriven);
}

/** Counts what is to be sent again, and asks if that is much. */
async function isWanted(
  run: Run,
  name: string,
  letters: DeadLetters<Buffer, Body>,
  { entry, filter, to, yes }: RedriveOptions,
): Promise<boolean> {
  if (yes || (entry && entry.length <= askedAbove)) return true;
  const total = entry?.length ?? (await letters.count());
  if (total <= askedAbove) return true;
  const count = filter ? await countOf(run, letters, filter) : total;
  if (count === undefined) return false;
  if (count <= askedAbove) return true;
  const what = `${counted(count, 'dead letter')} of ${name}`;
  return confirmed(run, {
    yes,
    what: `this sends ${what} again`,
    question: `Send ${what} again${to === undefined ? '' : `, to ${to}`}?`,
  });
}

/** How many the filter means; undefined after Ctrl-C. */
async function countOf(
  run: Run,
  letters: DeadLetters<Buffer, Body>,
  filter: DeadLetterFilter,
): Promise<number | undefined> {
  const progress = new Progress();
  const { groups, isInterrupted } = await letters.groups({
    limit: Number.MAX_SAFE_INTEGER,
    filter,
    signal: run.interruption.stopping,
    onProgress: ({ examined, of }) =>
      progress.tell(() => `counted ${grouped(examined)} of ${grouped(of)}`),
  });
  if (isInterrupted) return undefined;
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function soFar({ redriven, examined, of }: RedriveProgress, isFiltered: boolean): string {
  if (!isFiltered) return `redriven ${grouped(redriven)} of ${grouped(of)}`;
  return `redriven ${grouped(redriven)}, looked at ${grouped(examined)} of ${grouped(of)}`;
}

async function edit(
  run: Run,
  [name = '', entry = '', text = '']: readonly string[],
  { codec }: { codec: CodecName },
) {
  const body = parseArgument(text, codec);
  const { deadLetters } = await run.shownQueue(name);
  const isRedriven = await deadLetters.editAndRedrive(entry, body);
  await run.output.line(JSON.stringify({ queue: name, redriven: isRedriven ? 1 : 0 }));
  return exitCodeFor([entry], isRedriven ? 1 : 0) ?? exitCodes.done;
}
