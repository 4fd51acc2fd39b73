import type { SearchProgress } from '@redpost/queue';
import type { Command } from 'commander';
import { positive } from '../options/option-parsers.js';
import { grouped, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface CancelOptions {
  reason?: string;
  maxScanned?: number;
}

export function addCancel(program: Command, context: ProgramContext): void {
  define<CancelOptions>(program, context, 'cancel', {
    description: 'Cancel messages by their ids, wherever they are.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<ids...>', 'ids of messages')
        .option('--reason <text>', 'what handlers are told')
        .option('--max-scanned <n>', 'look at so many waiting messages at most', positive),
    help: `
Examples:
  redpost cancel emails zkX3fLq0aB1c
  redpost cancel emails zkX3fLq0aB1c --reason 'the account was deleted'

Prints {"queue", "id", "result"} for each: "removed" if it was waiting, "signalled" if
a consumer had it, whose handler is told, and "gone" if it is not known or is
through. Exits with 1 when one was gone. Ctrl-C ends the search.`,
    job: cancel,
  });
}

async function cancel(
  run: Run,
  [name = '', ...ids]: readonly string[],
  { reason, maxScanned }: CancelOptions,
) {
  const { interruption, output } = run;
  const queue = await run.queue(name);
  let hasMissed = false;
  for (const id of ids) {
    const progress = new Progress();
    let last: SearchProgress | undefined;
    const onProgress = (so: SearchProgress) => {
      last = so;
      progress.tell(() => soFar(so));
    };
    try {
      const options = { signal: interruption.stopping, maxScanned, onProgress };
      const result = await queue.cancel(id, reason, options);
      hasMissed ||= result === 'gone';
      await output.line(JSON.stringify({ queue: name, id, result }));
    } catch (error) {
      if (!interruption.stopping.aborted) throw error;
      say(`${id} was not cancelled: ${last ? soFar(last) : 'looked at nothing yet'}`);
      return interruption.exitCode;
    }
  }
  return hasMissed ? exitCodes.failed : exitCodes.done;
}

function soFar({ scanned, waiting }: SearchProgress): string {
  return `looked at ${grouped(scanned)} of about ${grouped(waiting)} waiting messages`;
}
