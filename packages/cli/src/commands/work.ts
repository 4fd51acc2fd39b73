import { fixed } from '@redpost/core/consuming';
import type { Delivery, Queue } from '@redpost/queue';
import type { Command } from 'commander';
import type { Body } from '../messages/body-codec.js';
import { positive, positives, timerDuration } from '../options/option-parsers.js';
import { counted, say, spokenDuration } from '../output/notices.js';
import {
  PauseNotices,
  sayBackgroundError,
  sayLost,
  sayRecovered,
  sayReturned,
} from '../output/queue-notices.js';
import { runChild } from '../program/child-command.js';
import { define } from '../program/define.js';
import { exitCodes, explain, wrongInput } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface WorkOptions {
  exec: string;
  weights?: number[];
  strict?: boolean;
  concurrency: number;
  maxAttempts: number;
  lease: number;
  onFailure?: 'hold' | 'pass';
  onExpired?: 'forget' | 'dead-letter';
  timeout?: number;
  retryDelay?: number;
  drain: number;
}

export function addWork(program: Command, context: ProgramContext): void {
  define<WorkOptions>(program, context, 'work', {
    description: 'Run a command for each message of one or more queues, until Ctrl-C.',
    addArguments,
    help: `
Examples:
  redpost work emails --exec 'jq -r .to | xargs ./send-mail.sh'
  redpost work images --exec ./resize.py --concurrency 4 --timeout 2m --max-attempts 3
  redpost work a --exec 'redpost send b'
  redpost work critical bulk --weights 5,1 --exec ./handle.sh -c 8

The command is run by /bin/sh. It reads the body on stdin, byte for byte as it is
in Redis: a body never becomes part of the command line. Its stdout and stderr
are those of redpost. Its environment has REDPOST_ID, REDPOST_ATTEMPT,
REDPOST_QUEUE, REDPOST_HEADERS (a JSON object), REDPOST_PRIORITY, REDPOST_KEY (if the
message has one), and REDIS_URL.

Exit code 0 acknowledges the message. Any other exit code causes a retry, by
default with exponential backoff; after --max-attempts attempts the message
becomes a dead letter (see redpost dead). Meanwhile the other messages of its key, if
it has one, are held back, or pass it with --on-failure pass.

Several queues share the --concurrency. While all of them have messages, --weights 5,1
starts five commands for the first queue and one for the second, in turn (without it,
one for each); a queue without messages leaves its turn to the others. With --strict,
a message is only started when the queues before its own have none.

Ctrl-C is a graceful shutdown: it waits for running commands up to --drain, then
ends them, returns their messages to the queue, and exits with 0. A second Ctrl-C
ends them at once, and exits with 130.`,
    job: work,
  });
}

function addArguments(command: Command): Command {
  const positiveTime = timerDuration(1);
  return command
    .argument('<queues...>', 'names of the queues')
    .requiredOption('-x, --exec <command>', 'command to run for each message')
    .option('--weights <n,n>', 'how often it is the turn of each queue, 1 to 100', positives)
    .option('--strict', 'take from a queue only when those before it are empty')
    .option('-c, --concurrency <n>', 'how many commands at a time', positive, 1)
    .option(
      '--max-attempts <n>',
      'after how many attempts a message becomes a dead letter',
      positive,
      5,
    )
    .option(
      '--retry-delay <duration>',
      'wait before a new attempt (default: 1s, doubling to 1m)',
      timerDuration(0),
    )
    .addOption(
      command
        .createOption(
          '--on-failure <what>',
          'what the key of a failed message does until its next attempt',
        )
        .choices(['hold', 'pass'])
        .default('hold'),
    )
    .addOption(
      command
        .createOption('--on-expired <what>', 'what becomes of a message that is past its --ttl')
        .choices(['forget', 'dead-letter'])
        .default('forget'),
    )
    .option('--timeout <duration>', 'how long a command may run (default: no limit)', positiveTime)
    .addOption(
      command
        .createOption(
          '--lease <duration>',
          'how long until other consumers take over after a crash',
        )
        .argParser(timerDuration(100))
        .default(30_000, '30s'),
    )
    .addOption(
      command
        .createOption('--drain <duration>', 'how long Ctrl-C waits for running commands')
        .argParser(timerDuration(0))
        .default(10_000, '10s'),
    );
}

async function work(run: Run, names: readonly string[], options: WorkOptions) {
  const { consumeAll } = await import('@redpost/queue');
  const queues = await weighted(run, names, options);
  const { interruption } = run;
  const running = new Set<Promise<void>>();

  const consumer = consumeAll<Buffer>(
    queues,
    {
      strict: options.strict === true,
      concurrency: options.concurrency,
      maxAttempts: options.maxAttempts,
      leaseMs: options.lease,
      onFailure: options.onFailure,
      onExpired: options.onExpired,
      ...(options.retryDelay !== undefined && { backoff: fixed(options.retryDelay) }),
    },
    (delivery) => {
      const handled = handle(run, delivery, options);
      running.add(handled);
      return handled.finally(() => running.delete(handled));
    },
  );
  /** With a single queue, notices do not repeat its name. */
  const named = <Told extends { queue: string }>({ queue, ...told }: Told) =>
    names.length > 1 ? { ...told, queue } : told;
  consumer.on('failed', ({ queue, delivery, error, next }) => {
    const then =
      next.action === 'retry'
        ? `next attempt in ${spokenDuration(next.delayMs)}`
        : `now a dead letter (${next.reason})`;
    const message = `message ${delivery.id}${names.length > 1 ? ` of ${queue}` : ''}`;
    say(`${message}, attempt ${delivery.attempt}: ${explain(error)}; ${then}`);
  });
  consumer.on('lost', ({ deliveries }) => sayLost(deliveries.length));
  consumer.on('returned', ({ deliveries }) => sayReturned(deliveries.length));
  consumer.on('recovered', ({ returned }) => sayRecovered(returned));
  const pauses = new PauseNotices();
  consumer.on('paused', (paused) => pauses.paused(named(paused)));
  consumer.on('resumed', (resumed) => pauses.resumed(named(resumed)));
  consumer.on('error', ({ error }) => sayBackgroundError(error));
  say(`working on ${names.join(', ')}; Ctrl-C stops`);

  await new Promise<void>((resolve) => onAbort(interruption.stopping, resolve));
  if (running.size > 0) {
    const commands = counted(running.size, 'running command');
    say(`stopping: waiting for ${commands}; press Ctrl-C again to end them`);
  }
  onAbort(interruption.forced, () => void consumer.stop({ timeoutMs: 0 }));
  await consumer.stop({ timeoutMs: options.drain });
  await Promise.allSettled(running);
  return interruption.forced.aborted ? interruption.exitCode : exitCodes.done;
}

async function weighted(
  run: Run,
  names: readonly string[],
  { weights = names.map(() => 1), strict }: WorkOptions,
): Promise<Map<Queue<Buffer, Body>, number>> {
  if (weights.length !== names.length) {
    throw wrongInput(
      `there are ${counted(names.length, 'queue')} and ${counted(weights.length, 'weight')}; write a weight for each queue`,
    );
  }
  if (strict && weights.some((weight) => weight !== 1)) {
    throw wrongInput('with --strict there are no --weights');
  }
  const queues = new Map<Queue<Buffer, Body>, number>();
  for (const [at, name] of names.entries()) queues.set(await run.queue(name), weights[at] ?? 1);
  return queues;
}

/** Returns if the message is done, throws if it has to be retried. */
async function handle(
  run: Run,
  delivery: Delivery<Buffer>,
  { exec, timeout }: WorkOptions,
): Promise<void> {
  const stop = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => stop.abort(), timeout);
  onAbort(delivery.signal, () => stop.abort());
  const { forced } = run.interruption;
  try {
    const env = environment(run, delivery);
    const ending = await runChild(exec, {
      body: delivery.body,
      env,
      stop: stop.signal,
      kill: forced,
    });
    if (ending === undefined) return;
    // The message did not fail: it is about to be returned, which does not count as an attempt.
    if (forced.aborted) await new Promise<void>((resolve) => onAbort(delivery.signal, resolve));
    const isLate = stop.signal.aborted && !delivery.signal.aborted;
    throw new Error(isLate ? `no end after ${spokenDuration(timeout ?? 0)}` : ending);
  } finally {
    clearTimeout(timer);
  }
}

function environment(run: Run, delivery: Delivery): Record<string, string> {
  const { redisUrl } = run;
  return {
    REDPOST_ID: delivery.id,
    REDPOST_ATTEMPT: String(delivery.attempt),
    REDPOST_QUEUE: delivery.queue,
    REDPOST_HEADERS: JSON.stringify(delivery.headers),
    REDPOST_PRIORITY: String(delivery.priority),
    ...(delivery.key !== undefined && { REDPOST_KEY: delivery.key }),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  };
}
