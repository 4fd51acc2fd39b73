import type { Command } from 'commander';
import type { CodecName } from '../messages/body-codec.js';
import { parseArgument } from '../messages/outgoing.js';
import {
  codecOption,
  duration,
  header,
  priority,
  timerDuration,
} from '../options/option-parsers.js';
import { say } from '../output/notices.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface RequestOptions {
  codec: CodecName;
  timeout?: number;
  ttl?: number;
  keepResult?: number;
  id?: string;
  header?: Record<string, string>;
  priority?: number;
  key?: string;
}

export function addRequest(program: Command, context: ProgramContext): void {
  define<RequestOptions>(program, context, 'request', {
    description: 'Send a message to a queue, and print what its handler returns.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue')
        .argument('<body>', 'the message')
        .addOption(codecOption())
        .option('--timeout <duration>', 'wait so long (default: 10s)', timerDuration(1))
        .option(
          '--ttl <duration>',
          'start no handler later than this (default: --timeout)',
          duration,
        )
        .option(
          '--keep-result <duration>',
          'for how long the result is kept (default: --timeout)',
          duration,
        )
        .option('--id <id>', 'id of the message, instead of a new one')
        .option('--header <name=value>', 'header of the message (repeatable)', header)
        .option('--priority <n>', 'from 0 to 9, higher is sooner (default: 4)', priority)
        .addOption(
          command
            .createOption('--key <key>', 'messages of one key are handled in order, one at a time')
            .conflicts('priority'),
        ),
    help: `
Examples:
  redpost request sums '[1,2,3]'
  redpost request sums '[1,2,3]' --timeout 1m | jq .

Prints the returned value as JSON, null if there is none. Exits with 1 when the handler
has failed at every attempt, or nothing has come in time: the message may still be
handled then.`,
    job: request,
  });
}

async function request(
  run: Run,
  [name = '', text = '']: readonly string[],
  options: RequestOptions,
) {
  const { codec, timeout, ttl, keepResult, id, header: headers, priority, key } = options;
  const { interruption, output } = run;
  const body = parseArgument(text, codec);
  const queue = await run.queue(name);
  const waitingSince = performance.now();
  try {
    const value = await queue.request(body, {
      ...{ timeoutMs: timeout, ttlMs: ttl, keepResultMs: keepResult, id, headers, priority, key },
      signal: interruption.stopping,
    });
    await output.line(JSON.stringify(value ?? null));
    return undefined;
  } catch (error) {
    if (!interruption.stopping.aborted) throw error;
    const waited = Math.round((performance.now() - waitingSince) / 100) / 10;
    say(`ended after ${waited} s without an answer: the message may still be handled`);
    return interruption.exitCode;
  }
}
