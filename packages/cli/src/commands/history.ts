import type { HistoryOptions, HistoryRecord, Outcome, SeriesPoint } from '@redpost/queue';
import { type Command, Option } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { bodyOf, line } from '../messages/message-line.js';
import { codecOption, duration, moment, positive } from '../options/option-parsers.js';
import { type Columns, shortTime, table } from '../output/table.js';
import { define } from '../program/define.js';
import { wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface ListOptions {
  codec: CodecName;
  count: number;
  id?: string;
  outcome?: Outcome;
  on?: boolean;
  off?: boolean;
  maxLength?: number;
  maxAge?: number;
  bodies?: boolean;
}

interface SeriesOptions {
  by: 'minute' | 'hour';
  from?: number;
  to?: number;
  json?: boolean;
}

const columns: Columns<SeriesPoint> = [
  ['FROM', ({ at }) => shortTime(at)],
  ['ACKED', ({ acked }) => acked],
  ['RETRIED', ({ retried }) => retried],
  ['DEAD', ({ dead }) => dead],
  ['EXPIRED', ({ expired }) => expired],
  ['CANCELLED', ({ cancelled }) => cancelled],
  ['WAIT P50', ({ wait }) => msText(wait.p50Ms)],
  ['WAIT P99', ({ wait }) => msText(wait.p99Ms)],
  ['RUN P50', ({ run }) => msText(run.p50Ms)],
  ['RUN P99', ({ run }) => msText(run.p99Ms)],
];

export function addHistory(program: Command, context: ProgramContext): void {
  define<ListOptions>(program, context, 'history', {
    description: 'Print what became of messages, the newest first; or record that, or no more.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('-n, --count <n>', 'how many at most', positive, 100)
        .option('--id <id>', 'only of this message')
        .addOption(
          new Option('--outcome <outcome>', 'only those that ended so').choices([
            'acked',
            'retried',
            'dead',
            'expired',
            'cancelled',
          ]),
        )
        .option('--on', 'record settled messages from now on')
        .addOption(new Option('--off', 'record nothing any more').conflicts('on'))
        .option('--max-length <n>', 'with --on: how many records are kept (10000)', positive)
        .option('--max-age <duration>', 'with --on: how long a record is kept (7d)', duration)
        .option('--bodies', 'with --on: keep the bodies too')
        .addOption(codecOption()),
    help: `
Examples:
  redpost history emails --on --max-length 100000
  redpost history emails --outcome dead --count 10
  redpost history emails --id invoice-2026-117

A queue records nothing unless it was told to, by --on or a program. Prints {"id", "key",
"outcome", "attempts", "at", "waitMs", "runMs", "consumer", "error", "fingerprint", "stack",
"body"} for each, as far as it is known; with --on and --off, {"queue", "history"}.`,
    job: (run, args, options) => unlessInterrupted(run, history(run, args, options)),
  });

  define<SeriesOptions>(program, context, 'series', {
    description: 'Print what consumers have settled in each minute or hour, and how fast.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(
          new Option('--by <unit>', 'minutes of 48 hours, or hours of 90 days')
            .choices(['minute', 'hour'])
            .default('minute'),
        )
        .option('--from <time>', 'begin then (default: an hour before, or a day)', moment)
        .option('--to <time>', 'end then (default: now)', moment)
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost series emails
  redpost series emails --by hour --from 2030-01-31T00:00Z --to 2030-02-01T00:00Z

A table on a terminal, else {"at", "acked", "retried", "dead", "expired", "cancelled", "wait",
"run"} for each minute or hour. Waits and runs are upper bounds, each twice the one before.`,
    job: (run, args, options) => unlessInterrupted(run, series(run, args, options)),
  });
}

async function history(run: Run, [name = '']: readonly string[], options: ListOptions) {
  const {
    codec,
    count: limit,
    id,
    outcome,
    on,
    off,
    maxLength,
    maxAge: maxAgeMs,
    bodies,
  } = options;
  const settings: HistoryOptions = { maxLength, maxAgeMs, bodies };
  const hasSettings = Object.values(settings).some((value) => value !== undefined);
  if (hasSettings && !on) throw wrongInput('--max-length, --max-age and --bodies need --on');
  const { history } = await run.queue(name);
  if (on || off) {
    await history.set(off ? 'off' : settings);
    const now = (await history.settings()) ?? 'off';
    await run.output.line(JSON.stringify({ queue: name, history: now }));
    return undefined;
  }
  const { stopping: signal } = run.interruption;
  for (const record of await history.list({ limit, id, outcome, signal })) {
    void run.output.line(recordLine(record, codec));
    await run.output.pressure;
  }
  await run.output.flushed();
  return undefined;
}

function recordLine({ body, ...record }: HistoryRecord<Buffer>, codec: CodecName): string {
  const known = Object.entries(record).map(([name, value]) => [name, JSON.stringify(value)]);
  return line({ ...Object.fromEntries(known), ...(body && bodyOf(body, codec)) });
}

async function series(run: Run, [name = '']: readonly string[], options: SeriesOptions) {
  const { by, from, to, json } = options;
  const queue = await run.queue(name);
  const points = await queue.series({ by, from: dateOf(from), to: dateOf(to) });
  const asTable = run.output.isTerminal && !json;
  if (asTable) await run.output.line(table(columns, points));
  else for (const point of points) void run.output.line(JSON.stringify(point));
  await run.output.flushed();
  return undefined;
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

function msText(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms} ms`;
}
