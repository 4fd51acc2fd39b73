import type { Command } from 'commander';
import { type CodecName, printBody } from '../messages/body-codec.js';
import { line } from '../messages/message-line.js';
import {
  type Deliver,
  parseArguments,
  refuseTerminalInput,
  sendArguments,
  sendInput,
} from '../messages/outgoing.js';
import { codecOption } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface PublishOptions {
  codec: CodecName;
  quiet?: boolean;
}

export function addPublish(program: Command, context: ProgramContext): void {
  define<PublishOptions>(program, context, 'publish', {
    description: 'Publish messages to a channel, and print how many subscribers received each.',
    addArguments: (command) =>
      command
        .argument('<channel>', 'name of the channel')
        .argument('[bodies...]', 'one message each (default: one per line of stdin)')
        .addOption(codecOption())
        .option('-q, --quiet', 'do not print the published messages'),
    help: `
Examples:
  redpost publish news '"hello everyone"'
  redpost publish news --codec text 'hello everyone'
  redpost publish news < bodies.ndjson

Prints {"channel", "receivers", "body"} for each message. Only current
subscribers receive it (at most once): for messages that must not be lost, use
redpost send. The command ends at the first invalid line of stdin and prints its
number: the lines before it were published, the lines after it were not.`,
    job: publish,
  });
}

async function publish(
  run: Run,
  [channel = '', ...texts]: readonly string[],
  options: PublishOptions,
) {
  if (texts.length === 0) refuseTerminalInput('redpost publish');
  const bodies = parseArguments(texts, options.codec);
  const deliver = await toChannel(run, channel, options.codec);
  if (bodies.length > 0) return sendArguments(run, bodies, options, deliver);
  return sendInput(run, options, deliver);
}

async function toChannel(run: Run, channel: string, codec: CodecName): Promise<Deliver> {
  const pubsub = await run.pubsub();
  const name = JSON.stringify(channel);
  return async (bodies) => {
    const results = await pubsub.publishBatch(bodies.map((body) => ({ channel, body })));
    return results.map((result, at) => {
      if (result.status === 'failed') return { error: result.error };
      const body = printBody(Buffer.from(bodies[at] ?? ''), codec).json;
      return { line: line({ channel: name, receivers: String(result.receivers), body }) };
    });
  };
}
