import type { Queue } from '@redpost/queue';
import type { JobMoveOptions } from '@redpost/queue/move';
import { type Command, Option } from 'commander';
import { rateOption } from '../options/option-parsers.js';
import { counted, grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { addCommand, define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface MoveOptions {
  prefix: string;
  to?: string;
  dryRun?: boolean;
  rate?: number;
  tz?: string;
  undo?: boolean;
}

export function addMove(program: Command, context: ProgramContext): void {
  const move = addCommand(program, 'move').description(
    'Move the jobs of another system in the same Redis to a queue: move bullmq, move bee-queue.',
  );

  define<MoveOptions>(move, context, 'bullmq', {
    description: 'Move the jobs and job schedulers of a queue of BullMQ 5 or 6 to a queue.',
    addArguments: (command) =>
      addMoveArguments(command, { system: 'BullMQ', prefix: 'bull' }).option(
        '--tz <zone>',
        'time zone of patterns that name none (default: of this machine)',
      ),
    help: `
Examples:
  redpost move bullmq emails --dry-run
  redpost move bullmq emails
  redpost move bullmq emails --prefix '{mails}' --to mails --rate 500

The data of a job becomes the body of a message. Jobs that wait or are delayed are moved
with their attempts, failed ones become dead letters, schedulers become schedules. What
workers have, completed jobs and flows are left. Prints {"from", "queue", "isDryRun", "moved",
"left", "isPaused"}. Each job is moved once: after Ctrl-C or a crash, the same command goes on.

With --undo, stop the consumers of the queue first. Prints {"from", "queue", "restored",
"left"}: what was handled, has a key or is a schedule stays.`,
    job: (run, args, options) =>
      options.undo
        ? undoMove(run, args, options, 'undoMoveFromBullMQ')
        : moveFromBullMQ(run, args, options),
  });

  define<MoveOptions>(move, context, 'bee-queue', {
    description: 'Move the jobs of a queue of bee-queue 1 or 2 to a queue.',
    addArguments: (command) => addMoveArguments(command, { system: 'bee-queue', prefix: 'bq' }),
    help: `
Examples:
  redpost move bee-queue emails --dry-run
  redpost move bee-queue emails
  redpost move bee-queue emails --prefix mails --to mails --rate 500

The data of a job becomes the body of a message. Jobs that wait or are delayed are moved
with their attempts, failed ones become dead letters. What workers have and jobs that have
succeeded are left. Prints {"from", "queue", "isDryRun", "moved", "left"}. Each job is moved
once: after Ctrl-C or a crash, the same command goes on.

With --undo, stop the consumers of the queue first. Prints {"from", "queue", "restored",
"left"}: what was handled or has a key stays.`,
    job: (run, args, options) =>
      options.undo
        ? undoMove(run, args, options, 'undoMoveFromBeeQueue')
        : moveFromBeeQueue(run, args, options),
  });
}

function addMoveArguments(
  command: Command,
  { system, prefix }: { system: string; prefix: string },
): Command {
  return command
    .argument('<queue>', `name of the queue in ${system}`)
    .option('--to <queue>', 'the queue that they are moved to (default: one of the same name)')
    .addOption(new Option('--prefix <prefix>', 'prefix of its keys').default(prefix))
    .addOption(new Option('--dry-run', 'only count').conflicts('undo'))
    .addOption(rateOption())
    .option('--undo', `give back to ${system} what was moved within a day and still waits`);
}

interface Moved {
  isInterrupted: boolean;
  moved: Readonly<Record<string, number>>;
}

/** Moves the jobs, prints what came of it, and resolves to it with the exit code. */
async function moveJobs<Result extends Moved>(
  run: Run,
  [from = '']: readonly string[],
  { prefix, to = from, dryRun, rate }: MoveOptions,
  move: (
    from: string,
    queue: Queue,
    options: JobMoveOptions & { prefix: string },
  ) => Promise<Result>,
  sayWhatIsLeft: (result: Result) => void,
): Promise<number | undefined> {
  const { Queue } = await import('@redpost/queue');
  const connection = await run.connection();
  const progress = new Progress();
  const queue = new Queue(to, { connection });
  const result = await move(from, queue, {
    connection,
    prefix,
    dryRun,
    ratePerSecond: rate,
    signal: run.interruption.stopping,
    onProgress: ({ moved, of }) => progress.tell(() => `moved ${grouped(moved)} of ${grouped(of)}`),
  }).finally(() => queue.close());
  const { isInterrupted, ...printed } = result;
  await run.output.line(JSON.stringify({ from, queue: to, ...printed }));
  sayWhatIsLeft(result);
  const total = Object.values(result.moved).reduce((sum, count) => sum + count, 0);
  if (isInterrupted) {
    say(`interrupted: moved ${grouped(total)}; the same command goes on`);
    return run.interruption.exitCode;
  }
  if (dryRun) say(`dry run: ${grouped(total)} would be moved, nothing was changed`);
  else progress.end(() => `moved ${grouped(total)}`);
  return exitCodes.done;
}

async function moveFromBullMQ(run: Run, args: readonly string[], options: MoveOptions) {
  const { moveFromBullMQ: move } = await import('@redpost/queue/move');
  return moveJobs(
    run,
    args,
    options,
    (from, queue, more) => move(from, queue, { ...more, timeZone: options.tz }),
    ({ left: { active, flows, schedulers }, isPaused }) => {
      sayActive(active);
      if (flows > 0) say(`${counted(flows, 'job')} of flows are left: let BullMQ end them`);
      for (const { id, reason } of schedulers)
        say(`the scheduler ${JSON.stringify(id)} is left: ${reason}`);
      if (isPaused)
        say('the queue was paused in BullMQ, so it is paused: resume it when you are ready');
    },
  );
}

async function moveFromBeeQueue(run: Run, args: readonly string[], options: MoveOptions) {
  const { moveFromBeeQueue: move } = await import('@redpost/queue/move');
  return moveJobs(run, args, options, move, ({ left }) => sayActive(left.active));
}

function sayActive(active: number): void {
  if (active > 0)
    say(`${counted(active, 'job')} of workers are left: let them end, and move again`);
}

async function undoMove(
  run: Run,
  [from = '']: readonly string[],
  { prefix, to = from }: MoveOptions,
  name: 'undoMoveFromBullMQ' | 'undoMoveFromBeeQueue',
) {
  const [{ Queue }, { [name]: undo }] = await Promise.all([
    import('@redpost/queue'),
    import('@redpost/queue/move'),
  ]);
  const connection = await run.connection();
  const progress = new Progress();
  const queue = new Queue(to, { connection });
  const { isInterrupted, ...result } = await undo(from, queue, {
    connection,
    prefix,
    signal: run.interruption.stopping,
    onProgress: (restored) => progress.tell(() => `restored ${grouped(restored)}`),
  }).finally(() => queue.close());
  await run.output.line(JSON.stringify({ from, queue: to, ...result }));
  if (isInterrupted) {
    say(`interrupted: restored ${grouped(result.restored)}; the same command goes on`);
    return run.interruption.exitCode;
  }
  progress.end(() => `restored ${grouped(result.restored)}`);
  return exitCodes.done;
}
