import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { storedLine } from '../messages/message-line.js';
import { parseArguments } from '../messages/outgoing.js';
import { codecOption, duration, positive, priority } from '../options/option-parsers.js';
import { grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { define } from '../program/define.js';
import { exitCodes, wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface FindOptions {
  codec: CodecName;
  maxScanned?: number;
}

interface UpdateOptions extends FindOptions {
  body?: string;
  delay?: number;
  priority?: number;
}

export function addFind(program: Command, context: ProgramContext): void {
  define<FindOptions>(program, context, 'find', {
    description: 'Print a message that waits or is active, by its id.',
    addArguments: (command) => searching(command).addOption(codecOption()),
    help: `
Examples:
  redpost find emails QxvFm3S0tB2d8nYw
  redpost find emails invoice-2026-117 | jq .state

Prints {"state", "dueAt", "id", "body", …}; the state is pending, delayed or active, and of an
active message nothing else is printed but the id. Exits with 1 when there is none: it is done,
dead (see redpost dead list --filter id=…) or was never sent. Active and delayed messages are
found at once; a long list takes about a second per million messages.`,
    job: find,
  });

  define<UpdateOptions>(program, context, 'update', {
    description: 'Change a message that waits, by its id.',
    addArguments: (command) =>
      searching(command)
        .option('--body <body>', 'another body')
        .option('--delay <duration>', 'deliver it no sooner than so long from now', duration)
        .option('--priority <n>', 'from 0 to 9, higher is sooner', priority)
        .addOption(codecOption()),
    help: `
Examples:
  redpost update emails invoice-2026-117 --body '{"to":"b@example.com"}'
  redpost update emails invoice-2026-117 --delay 2h

Prints {"queue", "id", "result"}: updated, active (a consumer has it, and nothing has
changed) or gone. Exits with 1 unless it was updated.`,
    job: update,
  });
}

function searching(command: Command): Command {
  return command
    .argument('<queue>', 'name of the queue')
    .argument('<id>', 'id of the message')
    .option('--max-scanned <n>', 'stop after examining this many messages', positive);
}

async function find(run: Run, [name = '', id = '']: readonly string[], options: FindOptions) {
  const queue = await run.shownQueue(name);
  const found = await search(run, options, (how) => queue.find(id, how));
  if (found === interrupted) return run.interruption.exitCode;
  if (found === undefined) {
    say(`there is no such message in ${name}`);
    return exitCodes.failed;
  }
  if (found === 'active') {
    await run.output.line(JSON.stringify({ state: found, id }));
    return exitCodes.done;
  }
  const { state, dueAt } = found;
  const head = JSON.stringify({ state, dueAt });
  await run.output.line(`${head.slice(0, -1)},${storedLine(found, options.codec).slice(1)}`);
  return exitCodes.done;
}

async function update(run: Run, [name = '', id = '']: readonly string[], options: UpdateOptions) {
  const { body: text, delay: delayMs, priority: level, codec } = options;
  if (text === undefined && delayMs === undefined && level === undefined) {
    throw wrongInput('nothing to change: use --body, --delay or --priority');
  }
  const [body] = text === undefined ? [] : parseArguments([text], codec);
  const queue = await run.shownQueue(name);
  const changes = { body, delayMs, priority: level };
  const result = await search(run, options, (how) => queue.update(id, changes, how));
  if (result === interrupted) return run.interruption.exitCode;
  await run.output.line(JSON.stringify({ queue: name, id, result }));
  return result === 'updated' ? exitCodes.done : exitCodes.failed;
}

const interrupted = Symbol('interrupted');

interface How {
  signal: AbortSignal;
  maxScanned: number | undefined;
  onProgress(progress: { scanned: number; waiting: number }): void;
}

/** Searches with progress on stderr, and tells how far it had come when it was interrupted. */
async function search<Result>(
  { interruption }: Run,
  { maxScanned }: FindOptions,
  job: (how: How) => Promise<Result>,
): Promise<Result | typeof interrupted> {
  const { stopping: signal } = interruption;
  const progress = new Progress();
  let soFar = 'looked at no message yet';
  try {
    return await job({
      signal,
      maxScanned,
      onProgress({ scanned, waiting }) {
        soFar = `looked at ${grouped(scanned)} of ${grouped(Math.max(scanned, waiting))}`;
        progress.tell(() => soFar);
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    say(`interrupted: ${soFar}`);
    return interrupted;
  }
}
