import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { storedLine } from '../messages/message-line.js';
import { codecOption, positive } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface PeekOptions {
  codec: CodecName;
  count: number;
}

export function addPeek(program: Command, context: ProgramContext): void {
  define<PeekOptions>(program, context, 'peek', {
    description: 'Print the next messages of a queue without taking them.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .option('-n, --count <n>', 'how many at most', positive, 10)
        .addOption(codecOption()),
    help: `
Examples:
  redpost peek emails
  redpost peek emails --count 1 | jq .body

Prints {"id", "body", "key", "priority", "attempt", "sentAt", "headers"} for each, the next one
first. "attempt" is how often it was delivered so far; the id of a bare message
is null. Prints nothing for an empty queue.`,
    job: (run, args, options) => unlessInterrupted(run, peek(run, args, options)),
  });
}

async function peek(run: Run, [name = '']: readonly string[], { count, codec }: PeekOptions) {
  const queue = await run.shownQueue(name);
  for (const message of await queue.peek(count)) {
    void run.output.line(storedLine(message, codec));
    await run.output.pressure;
  }
  await run.output.flushed();
  return undefined;
}
