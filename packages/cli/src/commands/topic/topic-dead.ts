import type { Command } from 'commander';
import type { CodecName } from '../../messages/body-codec.js';
import { deadRecordLine } from '../../messages/message-line.js';
import { parseArgument } from '../../messages/outgoing.js';
import {
  codecOption,
  positive,
  rateOption,
  whole,
  yesOption,
} from '../../options/option-parsers.js';
import { counted, grouped, say } from '../../output/notices.js';
import { Progress } from '../../output/progress.js';
import { confirmed } from '../../program/confirm.js';
import { addCommand, define } from '../../program/define.js';
import { exitCodes } from '../../program/exit-codes.js';
import type { ProgramContext } from '../../program/program-context.js';
import { type Run, unlessInterrupted } from '../../run.js';
import { entryOption, exitCodeFor } from '../dead-entries.js';
import { askedAbove } from '../dead-redrive.js';
import { existingGroup } from './existing-group.js';

interface ListOptions {
  codec: CodecName;
  count: number;
  after?: string;
  maxBodyBytes?: number;
}

interface EntryOptions {
  entry?: string[];
  rate?: number;
  yes?: boolean;
}

export function addTopicDead(topic: Command, context: ProgramContext): void {
  const dead = addCommand(topic, 'dead').description(
    'Look at the dead letters of a consumer group, deliver them again or delete them.',
  );
  const ofGroup = (command: Command) =>
    command.argument('<topic>', 'name of the topic').argument('<group>', 'name of the group');

  define<ListOptions>(dead, context, 'list', {
    description: 'Print dead letters, the oldest first.',
    addArguments: (command) =>
      ofGroup(command)
        .option('-n, --count <n>', 'how many at most', positive, 100)
        .option('--after <entry>', 'begin after this entry')
        .option('--max-body-bytes <n>', 'leave out larger bodies, which are not read', whole)
        .addOption(codecOption()),
    help: `
Examples:
  redpost topic dead list events billing
  redpost topic dead list events billing | jq -r .entry

Prints {"entry", "offset", "partition", "body", "reason", "error", "diedAt", "attempt", "key",
"id", "publishedAt", "headers"} for each. "entry" names it for redrive and purge. With
--max-body-bytes, {"bodyBytes"} instead of a larger body says how many bytes that has.`,
    job: (run, args, options) => unlessInterrupted(run, list(run, args, options)),
  });

  define<EntryOptions>(dead, context, 'redrive', {
    description: 'Deliver dead letters to their group again, as new records.',
    addArguments: (command) =>
      ofGroup(command)
        .addOption(entryOption(command))
        .addOption(rateOption())
        .addOption(yesOption()),
    help: `
Examples:
  redpost topic dead redrive events billing --rate 50
  redpost topic dead redrive events billing --entry 0:1700000000000-0

Other groups do not get them. Asks for confirmation if there are more than 100; without a
terminal, --yes is required then. Prints {"topic", "group", "redriven"}. Exits with 1 when a
named entry does not exist.`,
    job: redrive,
  });

  define<{ codec: CodecName }>(dead, context, 'edit', {
    description: 'Deliver one dead letter to its group again with another body.',
    addArguments: (command) =>
      ofGroup(command)
        .argument('<entry>', 'the entry, as topic dead list prints it')
        .argument('<body>', 'the new body')
        .addOption(codecOption()),
    help: `
Examples:
  redpost topic dead edit events billing 0:1700000000000-0 '{"order":7}'

Key, headers and all else stay. Prints {"topic", "group", "redriven"}. Exits with 1 when the
entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, edit(run, args, options)),
  });

  define<EntryOptions>(dead, context, 'purge', {
    description: 'Delete dead letters: all, or the named entries. This cannot be undone.',
    addArguments: (command) =>
      ofGroup(command).addOption(entryOption(command)).addOption(yesOption()),
    help: `
Examples:
  redpost topic dead purge events billing --yes

Asks for confirmation; without a terminal, --yes is required. Prints {"topic", "group",
"purged"}. Exits with 1 when a named entry does not exist.`,
    job: (run, args, options) => unlessInterrupted(run, purge(run, args, options)),
  });
}

async function list(run: Run, [name = '', group = '']: readonly string[], options: ListOptions) {
  const { deadLetters } = await existingGroup(run, name, group);
  const { count: limit, after, codec, maxBodyBytes } = options;
  const letters = await deadLetters.list({ limit, after, maxBodyBytes });
  for (const letter of letters) void run.output.line(deadRecordLine(letter, codec));
  await run.output.flushed();
  const total = await deadLetters.count();
  if (letters.length === limit && total > limit) {
    say(`there may be more: ${counted(total, 'dead letter')} in all; see --count and --after`);
  }
  return undefined;
}

async function redrive(
  run: Run,
  [name = '', group = '']: readonly string[],
  options: EntryOptions,
) {
  const { entry: entries, rate, yes } = options;
  const { deadLetters } = await existingGroup(run, name, group);
  const count = entries?.length ?? (await deadLetters.count());
  const what = `${counted(count, 'dead letter')} of ${group}`;
  const isSure =
    count <= askedAbove ||
    (await confirmed(run, {
      yes,
      what: `this delivers ${what} again`,
      question: `Deliver ${what} again?`,
    }));
  if (!isSure) return refused(run);
  const { stopping: signal } = run.interruption;
  const progress = new Progress();
  const redriven = await deadLetters.redrive({
    ...{ entries, ratePerSecond: rate, signal },
    onProgress: (so) => progress.tell(() => `redriven ${ofAll(so.redriven, count)}`),
  });
  await run.output.line(JSON.stringify({ topic: name, group, redriven }));
  if (!signal.aborted || redriven >= count) {
    progress.end(() => `redriven ${counted(redriven, 'dead letter')}`);
    return exitCodeFor(entries, redriven);
  }
  say(`interrupted: redriven ${ofAll(redriven, count)}`);
  return run.interruption.exitCode;
}

function ofAll(redriven: number, count: number): string {
  return `${grouped(redriven)} of ${counted(count, 'dead letter')}`;
}

async function edit(
  run: Run,
  [name = '', group = '', entry = '', text = '']: readonly string[],
  { codec }: { codec: CodecName },
) {
  const body = parseArgument(text, codec);
  const { deadLetters } = await existingGroup(run, name, group);
  const redriven = Number(await deadLetters.editAndRedrive(entry, body));
  await run.output.line(JSON.stringify({ topic: name, group, redriven }));
  return exitCodeFor([entry], redriven);
}

async function purge(run: Run, [name = '', group = '']: readonly string[], options: EntryOptions) {
  const { entry: entries, yes } = options;
  const { deadLetters } = await existingGroup(run, name, group);
  const count = entries?.length ?? (await deadLetters.count());
  const isSure = await confirmed(run, {
    yes,
    what: 'dead purge cannot be undone',
    question: `Delete ${counted(count, 'dead letter')} of ${group}?`,
  });
  if (!isSure) return refused(run);
  const purged = entries ? await deadLetters.remove(entries) : await deadLetters.purge();
  await run.output.line(JSON.stringify({ topic: name, group, purged }));
  return exitCodeFor(entries, purged);
}

function refused(run: Run): number {
  say('nothing was changed');
  return run.interruption.exitCode ?? exitCodes.failed;
}
