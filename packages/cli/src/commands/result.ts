import type { MessageResult } from '@redpost/queue';
import type { Command } from 'commander';
import { timerDuration } from '../options/option-parsers.js';
import { say } from '../output/notices.js';
import { define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface ResultOptions {
  wait?: number;
  follow?: boolean;
}

export function addResult(program: Command, context: ProgramContext): void {
  define<ResultOptions>(program, context, 'result', {
    description: 'Tell how a message is, or how it has ended.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<id>', 'id of the message')
        .option('--wait <duration>', 'wait so long for it to be through', timerDuration(0))
        .addOption(
          command
            .createOption('-f, --follow', 'print each state and progress until it is through')
            .conflicts('wait'),
        ),
    help: `
Examples:
  redpost send sums --keep-result 1h '[1,2]'
  redpost result sums zkX3fLq0aB1c --wait 30s
  redpost result films zkX3fLq0aB1c --follow

Prints {"id", "state", "attempt"} and, as far as they are known, "value", "error" and
"progress". Results are kept for messages that were sent with --keep-result. Exits with 0
when the message is done, and with 1 otherwise.`,
    job: result,
  });
}

async function result(run: Run, [name = '', id = '']: readonly string[], options: ResultOptions) {
  const { wait, follow } = options;
  const { interruption, output } = run;
  const queue = await run.queue(name);
  const signal = interruption.stopping;
  let last: MessageResult | undefined;
  try {
    if (follow) {
      for await (const state of queue.watch(id, { signal })) {
        last = state;
        await output.line(resultLine(id, state));
      }
    } else {
      last = await queue.result(id, { waitMs: wait, signal });
      if (last) await output.line(resultLine(id, last));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) {
    say(last ? `ended while the message was ${last.state}` : 'ended before anything was known');
    return interruption.exitCode;
  }
  if (!last) say(`nothing is known of a message ${JSON.stringify(id)} of the queue ${name}`);
  return last?.state === 'done' ? exitCodes.done : exitCodes.failed;
}

/** A result as one line of JSON. */
function resultLine(id: string, { error, ...known }: MessageResult): string {
  return JSON.stringify({ id, ...known, ...(error && { error: error.message }) });
}
