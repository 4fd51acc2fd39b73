import type { Schedule, ScheduleOptions } from '@redpost/queue';
import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { bodyOf, line } from '../messages/message-line.js';
import { parseArgument } from '../messages/outgoing.js';
import {
  codecOption,
  duration,
  header,
  moment,
  positive,
  priority,
  timerDuration,
} from '../options/option-parsers.js';
import { say } from '../output/notices.js';
import { scheduleTable } from '../output/schedule-table.js';
import { addCommand, define } from '../program/define.js';
import { exitCodes, wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface SetOptions {
  cron?: string;
  every?: number;
  tz?: string;
  from?: number;
  until?: number;
  limit?: number;
  missed?: ScheduleOptions<unknown>['missed'];
  overlap?: ScheduleOptions<unknown>['overlap'];
  jitter?: number;
  priority?: number;
  key?: string;
  header?: Record<string, string>;
  ttl?: number;
  timeout?: number;
  keepResult?: number;
  codec: CodecName;
}

interface ListOptions {
  codec: CodecName;
  json?: boolean;
}

interface NextOptions {
  count: number;
  json?: boolean;
}

export function addSchedule(program: Command, context: ProgramContext): void {
  const schedule = addCommand(program, 'schedule').description(
    'Send messages at certain times: by cron, or again and again.',
  );

  define<SetOptions>(schedule, context, 'set', {
    description: 'Set a schedule, or change it.',
    addArguments: addSetArguments,
    help: `
Examples:
  redpost schedule set reports daily '{"kind":"daily"}' --cron '0 8 * * *' --tz Europe/Berlin
  redpost schedule set sync pulse '{}' --every 30s --overlap skip
  redpost schedule set mails christmas '{}' --cron @hourly --from 2030-12-24T00:00:00Z --limit 48

Prints the schedule. What is set like this already stays as it is. Messages are sent
as long as a consumer of the queue or a Scheduler runs, redpost work among them; the id
of each is <name>@<time of the tick>.`,
    job: (run, args, options) => unlessInterrupted(run, set(run, args, options)),
  });

  define<ListOptions>(schedule, context, 'list', {
    description: 'List the schedules of a queue.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(codecOption())
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost schedule list reports
  redpost schedule list reports | jq -r 'select(.isPaused) | .schedule'

A table on a terminal, else one JSON object per schedule: {"queue", "schedule",
"body", "next", "last", "ticks", "isPaused"}, and what it was set to. "next" is
null for one that is paused or has ended.`,
    job: (run, args, options) => unlessInterrupted(run, list(run, args, options)),
  });

  define<NextOptions>(schedule, context, 'next', {
    description: 'Print the times of the next ticks.',
    addArguments: (command) =>
      addNames(command)
        .option('-n, --count <n>', 'how many at most, up to 1000', positive, 10)
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost schedule next reports daily
  redpost schedule next reports daily --count 366 | jq -r .at

One time per line, in UTC; {"queue", "schedule", "at"} if not to a terminal. Those of a paused schedule are the times it would have.`,
    job: (run, args, options) => unlessInterrupted(run, next(run, args, options)),
  });

  define<object>(schedule, context, 'remove', {
    description: 'Remove a schedule. Messages that it has sent stay.',
    addArguments: addNames,
    help: `
Example:
  redpost schedule remove reports daily

Exits with 1 when there was none of this name.`,
    job: (run, args) =>
      change(run, args, 'removed', (schedules, name) => schedules.remove(name), 'not found'),
  });

  define<object>(schedule, context, 'pause', {
    description: 'Pause a schedule: it has no ticks until it is resumed.',
    addArguments: addNames,
    help: `
Example:
  redpost schedule pause reports daily

Exits with 1 when it was paused already.`,
    job: (run, args) =>
      change(run, args, 'paused', (schedules, name) => schedules.pause(name), 'paused already'),
  });

  define<object>(schedule, context, 'resume', {
    description: 'End the pause of a schedule.',
    addArguments: addNames,
    help: `
Example:
  redpost schedule resume reports daily

Ticks between have no message. Exits with 1 when it was not paused.`,
    job: (run, args) =>
      change(run, args, 'resumed', (schedules, name) => schedules.resume(name), 'not paused'),
  });

  define<object>(schedule, context, 'run', {
    description: 'Send a message of a schedule now, beside its ticks.',
    addArguments: addNames,
    help: `
Example:
  redpost schedule run reports daily

Prints {"queue", "schedule", "id"}. Exits with 1 when nothing was sent, because
an earlier message is not done (--overlap skip).`,
    job: (run, args) => unlessInterrupted(run, runNow(run, args)),
  });
}

function addNames(command: Command): Command {
  return command
    .argument('<queue>', 'name of the queue')
    .argument('<schedule>', 'name of the schedule');
}

function addSetArguments(command: Command): Command {
  return addNames(command)
    .argument('<body>', 'body of each message')
    .addOption(
      command
        .createOption('--cron <pattern>', "5 or 6 fields, e.g. '0 8 * * MON-FRI', or @daily")
        .conflicts('every'),
    )
    .option('--every <duration>', 'a tick each such time, e.g. 30s', duration)
    .option('--tz <zone>', 'time zone of --cron, e.g. Europe/Berlin (default: UTC)')
    .option('--from <time>', 'no tick is before, e.g. 2030-01-31T12:00:00Z', moment)
    .option('--until <time>', 'no tick is after', moment)
    .option('--limit <n>', 'how many ticks there are at most', positive)
    .addOption(
      command
        .createOption('--missed <what>', 'what to send for ticks when no process was there')
        .choices(['skip', 'one', 'all']),
    )
    .addOption(
      command
        .createOption('--overlap <what>', 'skip: send nothing while an earlier one is not done')
        .choices(['allow', 'skip']),
    )
    .option('--jitter <duration>', 'delay each message by a random time up to this', duration)
    .option('--ttl <duration>', 'delete a message if it was not delivered in time', duration)
    .option(
      '--timeout <duration>',
      'for how long a handler may have a message at each attempt',
      timerDuration(1),
    )
    .option(
      '--keep-result <duration>',
      'keep each result for so long: see redpost result',
      duration,
    )
    .option('--priority <n>', '0 to 9, higher is sooner (default: 4)', priority)
    .option('--key <key>', 'what the messages are about')
    .option('--header <name=value>', 'add a header (repeatable)', header)
    .addOption(codecOption());
}

async function set(run: Run, args: readonly string[], options: SetOptions) {
  const [queueName = '', name = '', text = ''] = args;
  const { codec, cron, tz, every, from, until, jitter, ttl, header: headers } = options;
  const { limit, missed, overlap, priority, key, timeout, keepResult } = options;
  if (cron === undefined && every === undefined) {
    throw wrongInput('when? Use --cron, e.g. --cron "0 8 * * *", or --every, e.g. --every 30s');
  }
  const body = parseArgument(text, codec);
  const { schedules } = await run.queue(queueName);
  const schedule = await schedules.set(name, {
    ...{ body, cron, timeZone: tz, everyMs: every, jitterMs: jitter, ttlMs: ttl },
    ...{ limit, missed, overlap, priority, key, headers },
    ...{ timeoutMs: timeout, keepResultMs: keepResult },
    from: from === undefined ? undefined : new Date(from),
    until: until === undefined ? undefined : new Date(until),
  });
  await run.output.line(scheduleLine(queueName, schedule, codec));
  return undefined;
}

async function list(run: Run, [queueName = '']: readonly string[], options: ListOptions) {
  const { codec, json } = options;
  const { schedules } = await run.queue(queueName);
  const all = await schedules.list();
  const asTable = run.output.isTerminal && !json;
  const lines = asTable
    ? [scheduleTable(all)]
    : all.map((schedule) => scheduleLine(queueName, schedule, codec));
  for (const text of lines) void run.output.line(text);
  await run.output.flushed();
  return undefined;
}

async function next(run: Run, args: readonly string[], { count, json }: NextOptions) {
  const [queue = '', schedule = ''] = args;
  const { schedules } = await run.queue(queue);
  const isForReading = run.output.isTerminal && !json;
  for (const at of await schedules.next(schedule, count)) {
    const text = isForReading ? at.toISOString() : JSON.stringify({ queue, schedule, at });
    void run.output.line(text);
  }
  await run.output.flushed();
  return undefined;
}

async function runNow(run: Run, [queueName = '', name = '']: readonly string[]) {
  const { schedules } = await run.queue(queueName);
  const id = await schedules.runNow(name);
  if (id !== undefined) {
    await run.output.line(JSON.stringify({ queue: queueName, schedule: name, id }));
    return undefined;
  }
  say('nothing was sent: an earlier message of the schedule is not done');
  return exitCodes.failed;
}

type Schedules = Awaited<ReturnType<Run['queue']>>['schedules'];

/** @param otherwise what is said when nothing was changed. */
function change(
  run: Run,
  [queueName = '', name = '']: readonly string[],
  done: string,
  act: (schedules: Schedules, name: string) => Promise<boolean>,
  otherwise: string,
): Promise<number | undefined> {
  const job = async () => {
    const { schedules } = await run.queue(queueName);
    const isDone = await act(schedules, name);
    await run.output.line(JSON.stringify({ queue: queueName, schedule: name, [done]: isDone }));
    if (isDone) return undefined;
    say(`the schedule ${JSON.stringify(name)} of ${queueName} is ${otherwise}`);
    return exitCodes.failed;
  };
  return unlessInterrupted(run, job());
}

function scheduleLine(queue: string, schedule: Schedule<Buffer>, codec: CodecName): string {
  const { name, body, next = null, last, ticks, isPaused, ...rest } = schedule;
  return line({
    queue: JSON.stringify(queue),
    schedule: JSON.stringify(name),
    ...bodyOf(body ?? Buffer.alloc(0), codec),
    next: JSON.stringify(next),
    last: JSON.stringify(last),
    ticks: String(ticks),
    isPaused: String(isPaused),
    ...Object.fromEntries(
      Object.entries(rest).map(([field, value]) => [field, JSON.stringify(value)]),
    ),
  });
}
