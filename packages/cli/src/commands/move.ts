import type { MoveFromBullMQResult } from '@redpost/queue/move';
import { type Command, Option } from 'commander';
import { perSecond } from '../options/option-parsers.js';
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
    'Move the jobs of another system in the same Redis to a queue: move bullmq.',
  );

  define<MoveOptions>(move, context, 'bullmq', {
    description: 'Move the jobs and job schedulers of a queue of BullMQ 5 or 6 to a queue.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue in BullMQ')
        .option('--to <queue>', 'the queue that they are moved to (default: one of the same name)')
        .addOption(new Option('--prefix <prefix>', 'prefix of its keys').default('bull'))
        .addOption(new Option('--dry-run', 'only count').conflicts('undo'))
        .option('--rate <n>', 'how many per second at most, also as 50/1s', perSecond)
        .option('--tz <zone>', 'time zone of patterns that name none (default: of this machine)')
        .option('--undo', 'give back to BullMQ what was moved within a day and still waits'),
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
      options.undo ? undoMove(run, args, options) : moveFromBullMQ(run, args, options),
  });
}

async function moveFromBullMQ(run: Run, [from = '']: readonly string[], options: MoveOptions) {
  const { prefix, to = from, dryRun, rate, tz } = options;
  const [{ Queue }, { moveFromBullMQ: move }] = await Promise.all([
    import('@redpost/queue'),
    import('@redpost/queue/move'),
  ]);
  const connection = await run.connection();
  const progress = new Progress();
  const queue = new Queue(to, { connection });
  const { isInterrupted, ...result } = await move(from, queue, {
    connection,
    prefix,
    dryRun,
    ratePerSecond: rate,
    timeZone: tz,
    signal: run.interruption.stopping,
    onProgress: ({ moved, of }) => progress.tell(() => `moved ${grouped(moved)} of ${grouped(of)}`),
  }).finally(() => queue.close());
  await run.output.line(JSON.stringify({ from, queue: to, ...result }));
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

async function undoMove(run: Run, [from = '']: readonly string[], options: MoveOptions) {
  const { prefix, to = from } = options;
  const [{ Queue }, { undoMoveFromBullMQ }] = await Promise.all([
    import('@redpost/queue'),
    import('@redpost/queue/move'),
  ]);
  const connection = await run.connection();
  const progress = new Progress();
  const queue = new Queue(to, { connection });
  const { isInterrupted, ...result } = await undoMoveFromBullMQ(from, queue, {
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

function sayWhatIsLeft({ left, isPaused }: Omit<MoveFromBullMQResult, 'isInterrupted'>): void {
  const { active, flows, schedulers } = left;
  if (active > 0)
    say(`${counted(active, 'job')} of workers are left: let them end, and move again`);
  if (flows > 0) say(`${counted(flows, 'job')} of flows are left: let BullMQ end them`);
  for (const { id, reason } of schedulers)
    say(`the scheduler ${JSON.stringify(id)} is left: ${reason}`);
  if (isPaused)
    say('the queue was paused in BullMQ, so it is paused: resume it when you are ready');
}
