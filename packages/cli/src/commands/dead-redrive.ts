import type { DeadLetterFilter, RedriveProgress } from '@redpost/queue';
import { type Command, InvalidArgumentError } from 'commander';
import { type CodecName, parseBody } from '../messages/body-codec.js';
import { filterOption } from '../options/dead-filter.js';
import { codecOption, positive } from '../options/option-parsers.js';
import { say } from '../output/notices.js';
import { grouped, Progress } from '../output/progress.js';
import { define } from '../program/define.js';
import { exitCodes, explain, wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';
import { entryOption, exitCodeFor } from './dead-entries.js';

interface RedriveOptions {
  entry?: string[];
  filter?: DeadLetterFilter;
  to?: string;
  rate?: number;
}

export function addDeadRedrive(dead: Command, context: ProgramContext): void {
  define<RedriveOptions>(dead, context, 'redrive', {
    description: 'Send dead letters again, as new messages.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(entryOption(command).conflicts('filter'))
        .addOption(filterOption())
        .option('--to <queue>', 'send them to this queue instead')
        .option('--rate <n>', 'how many per second at most, also as 50/1s', perSecond),
    help: `
Examples:
  redpost dead redrive emails
  redpost dead redrive emails --entry 1700000000000-0 --entry 1700000000001-0
  redpost dead redrive emails --filter reason=failed --filter error=ETIMEDOUT --rate 50
  redpost dead redrive emails --filter fingerprint=1a2b3c4d --to emails-slow

Prints how many were sent: {"queue", "redriven"}. Ctrl-C ends it after the current
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
  const { deadLetters } = await run.queue(name);
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
  if (!isInterrupted) return exitCodeFor(entry, redriven);
  say(soFar({ redriven, ...rest }, filter !== undefined));
  return interruption.exitCode;
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
  const body = parsed(text, codec);
  const { deadLetters } = await run.queue(name);
  const isRedriven = await deadLetters.editAndRedrive(entry, body);
  await run.output.line(JSON.stringify({ queue: name, redriven: isRedriven ? 1 : 0 }));
  return exitCodeFor([entry], isRedriven ? 1 : 0) ?? exitCodes.done;
}

function parsed(text: string, codec: CodecName) {
  try {
    return parseBody(text, codec);
  } catch (error) {
    throw wrongInput(explain(error));
  }
}

/** For `50` or `50/1s`. */
function perSecond(text: string): number {
  const [, count = '', seconds] = /^(\d+)(\/1s|\/s)?$/.exec(text) ?? [];
  if (count === '' && seconds === undefined) {
    throw new InvalidArgumentError('Write how many per second, such as 50 or 50/1s.');
  }
  return positive(count);
}
