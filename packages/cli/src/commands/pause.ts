import type { PauseOptions as QueuePauseOptions } from '@redpost/queue';
import type { Command } from 'commander';
import { duration, moment, timerDuration } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface PauseOptions {
  key?: string;
  consumer?: string;
  reason?: string;
  for?: number;
  until?: number;
  timeout: number;
}

export function addPause(program: Command, context: ProgramContext): void {
  define<PauseOptions>(program, context, 'pause', {
    description: 'Pause a queue, a key or a consumer of it: no message starts until it is resumed.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .addOption(
          command
            .createOption('--key <key>', 'pause only the messages of this key')
            .conflicts('reason'),
        )
        .addOption(
          command
            .createOption('--consumer <name>', 'pause only this consumer, and others go on')
            .conflicts(['key', 'for', 'until']),
        )
        .option('--reason <text>', 'why, for those who look at the queue')
        .addOption(
          command
            .createOption('--for <duration>', 'end the pause after this time, e.g. 10m')
            .argParser(duration)
            .conflicts('until'),
        )
        .option('--until <time>', 'end the pause then, e.g. 2030-01-31T12:00:00Z', moment)
        .option(
          '--timeout <duration>',
          'how long to wait until all consumers have confirmed',
          timerDuration(0),
          10_000,
        ),
    help: `
Examples:
  redpost pause emails --reason 'mail server is down'
  redpost pause emails --for 10m
  redpost pause emails --key customer-7
  redpost list --consumers --json
  redpost pause emails --consumer zkX3fLq0aB1c.30000 --reason 'slow disk'
  redpost pause emails --until 2030-01-31T12:00:00Z

Prints {"queue", "paused"} when all consumers have confirmed that they start no
more messages. Handlers that run go on, and messages can be sent, delayed and
retried meanwhile. Exits with 1 if a consumer has not confirmed in time: the
queue is paused then all the same. With --key, prints {"queue", "key", "isPaused",
"pausedUntil"}, and the messages of other keys go on. With --consumer, prints
{"queue", "consumer", "paused"}: what it had taken ahead returns to the queue, and
other consumers go on. Its name is in redpost list --consumers; one that loses its
lease goes on under another name, and is still paused. See also redpost resume and
redpost stats.`,
    job: (run, names, options) => unlessInterrupted(run, pause(run, names, options)),
  });
}

async function pause(run: Run, [name = '']: readonly string[], options: PauseOptions) {
  const { key, consumer, reason, timeout: timeoutMs } = options;
  const queue = await run.shownQueue(name);
  const untilMs = await endOf(run, options);
  if (key !== undefined) {
    await queue.pauseKey(key, { untilMs, timeoutMs });
    const { isPaused, pausedUntil } = await queue.stats({ key });
    await run.output.line(JSON.stringify({ queue: name, key, isPaused, pausedUntil }));
    return undefined;
  }
  if (consumer !== undefined) {
    await queue.pauseConsumer(consumer, { reason, timeoutMs });
    const found = (await queue.consumers()).find((info) => info.consumer === consumer);
    await run.output.line(JSON.stringify({ queue: name, consumer, paused: found?.paused }));
    return undefined;
  }
  const pausing: QueuePauseOptions = { reason, untilMs, timeoutMs };
  await queue.pause(pausing);
  const { paused } = await queue.stats();
  await run.output.line(JSON.stringify({ queue: name, paused }));
  return undefined;
}

/** In ms since 1970, by the clock of the server, which decides. */
async function endOf(run: Run, { until, for: forMs }: PauseOptions): Promise<number | undefined> {
  if (forMs === undefined) return until;
  const connection = await run.connection();
  const [seconds, micros] = (await connection.call('TIME', [])) as [Buffer, Buffer];
  return Math.ceil(Number(seconds) * 1000 + Number(micros) / 1000) + forMs;
}
