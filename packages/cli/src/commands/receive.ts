import type { Delivery } from '@redpost/queue';
import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { deliveryLine } from '../messages/message-line.js';
import { take } from '../messages/take.js';
import { TakenLines } from '../messages/taken-lines.js';
import { codecOption, positive, timerDuration } from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { OutputClosedError } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { reportQueue } from '../output/queue-notices.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface ReceiveOptions {
  codec: CodecName;
  count: number;
  follow?: boolean;
  timeout?: number;
}

const defaultTimeoutMs = 5000;
/** How many may be printed and not yet acknowledged. */
const unconfirmed = 5000;

export function addReceive(program: Command, context: ProgramContext): void {
  define<ReceiveOptions>(program, context, 'receive', {
    description: 'Take messages from a queue, print them, and acknowledge each printed message.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('-n, --count <n>', 'how many', positive, 1)
        .addOption(
          command
            .createOption('-f, --follow', 'go on until Ctrl-C (or --timeout)')
            .conflicts(['count']),
        )
        .option(
          '-t, --timeout <duration>',
          'how long to wait for a message; 0 does not wait (default: 5s, with --follow no limit)',
          timerDuration(0),
        )
        .addOption(codecOption()),
    help: `
Examples:
  redpost receive emails
  redpost receive emails --count 100 --timeout 0 > batch.ndjson
  redpost receive emails --follow | jq -r .body.to
  redis-cli LPUSH emails hello && redpost receive emails

Prints {"id", "body", "key", "priority", "attempt", "sentAt", "headers"} for each message. It is
acknowledged when its line was written to a file, or taken by the reader of a pipe: what
head or another reader leaves in the pipe returns to the queue. Exits with 0 when the time is up, even if no message came.
While the queue is paused, none comes: stderr says so, and why.

A body that is not JSON is printed as a JSON string, and a body that is not text
as base64, with "encoding":"base64".`,
    job: receive,
  });
}

async function receive(run: Run, [name = '']: readonly string[], options: ReceiveOptions) {
  const { codec, follow } = options;
  const queue = await run.queue(name);
  const failures = reportQueue(queue);
  const stop = new AbortController();
  onAbort(run.interruption.stopping, () => stop.abort());
  run.output.onClosed(() => stop.abort());

  const lines = new TakenLines(run.output);
  const progress = run.output.isFile ? new Progress() : undefined;
  const underWay = new Set<Promise<void>>();
  let received = 0;
  let failure: { error: unknown } | undefined;
  const deliveries = take(queue, {
    count: follow ? Number.POSITIVE_INFINITY : options.count,
    timeoutMs: options.timeout ?? (follow ? undefined : defaultTimeoutMs),
    signal: stop.signal,
  });
  for await (const delivery of deliveries) {
    const acknowledged = print(lines, delivery, codec)
      .then(() => {
        received += 1;
        progress?.tell(() => `received ${counted(received, 'message')}`);
      })
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(acknowledged));
    underWay.add(acknowledged);
    // They are confirmed in their order.
    if (lines.isFull || underWay.size >= unconfirmed) await firstOf(underWay);
    if (failure) break;
  }
  await lines.finished();
  await Promise.all(underWay);
  if (failure && !(failure.error instanceof OutputClosedError)) throw failure.error;
  const ending = run.interruption.stopping.aborted ? 'interrupted: ' : '';
  progress?.end(() => `${ending}received ${counted(received, 'message')}`);
  if (failures.count > 0) return exitCodes.failed;
  return follow ? exitCodes.done : run.interruption.exitCode;
}

function firstOf(underWay: Set<Promise<void>>): Promise<void> | undefined {
  return underWay.values().next().value;
}

/** Prints a message, and acknowledges it when it was taken. */
async function print(
  lines: TakenLines,
  delivery: Delivery<Buffer>,
  codec: CodecName,
): Promise<void> {
  await lines.print(deliveryLine(delivery, codec));
  try {
    await delivery.ack();
  } catch (error) {
    say(`message ${delivery.id} was printed, but is not acknowledged: it is delivered again`);
    throw error;
  }
}
