import type { PublishOptions } from '@redpost/topic';
import type { Command } from 'commander';
import { type CodecName, printBody } from '../../messages/body-codec.js';
import { line } from '../../messages/message-line.js';
import {
  type Deliver,
  parseArguments,
  refuseTerminalInput,
  sendArguments,
  sendInput,
} from '../../messages/outgoing.js';
import { codecOption, header, positive } from '../../options/option-parsers.js';
import { define } from '../../program/define.js';
import { wrongInput } from '../../program/exit-codes.js';
import type { ProgramContext } from '../../program/program-context.js';
import type { Run } from '../../run.js';

interface TopicPublishOptions {
  codec: CodecName;
  key?: string;
  id?: string;
  header?: Record<string, string>;
  partitions?: number;
  quiet?: boolean;
}

export function addTopicPublish(topic: Command, context: ProgramContext): void {
  define<TopicPublishOptions>(topic, context, 'publish', {
    description: 'Publish records: one per argument, or one per line of stdin.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .argument('[bodies...]', 'one record each (default: one per line of stdin)')
        .option('--key <key>', 'what the records are about: those of one key stay in order')
        .option('--id <id>', 'publish only if this id is new (one body only)')
        .option('--header <name=value>', 'header of the records (repeatable)', header)
        .option('--partitions <n>', 'of a new topic: how many partitions it has', positive)
        .option('-q, --quiet', 'do not print the published records')
        .addOption(codecOption()),
    help: `
Examples:
  redpost topic publish events '{"type":"ordered"}' --key customer-7
  redpost topic publish events < records.ndjson
  redpost topic publish events --partitions 8 '{"type":"first"}'

Prints {"topic", "partition", "offset", "body"} for each record when it is in Redis. The
command ends at the first invalid line of stdin and prints its number: the lines before it
were published, the lines after it were not.`,
    job: publish,
  });
}

async function publish(
  run: Run,
  [name = '', ...texts]: readonly string[],
  options: TopicPublishOptions,
) {
  const { codec, id } = options;
  if (id !== undefined && texts.length !== 1) throw wrongInput('--id is for one body, as argument');
  if (texts.length === 0) refuseTerminalInput('redpost topic publish');
  const bodies = parseArguments(texts, codec);
  const deliver = await toTopic(run, name, options);
  if (bodies.length > 0) return sendArguments(run, bodies, options, deliver);
  return sendInput(run, options, deliver);
}

async function toTopic(run: Run, name: string, options: TopicPublishOptions): Promise<Deliver> {
  const { codec, key, id, header: headers, partitions } = options;
  const topic = await run.topic(name, partitions);
  const how: PublishOptions = { key, id, headers };
  return async (bodies) => {
    const results = await topic.publishBatch(bodies.map((body) => ({ body, ...how })));
    return results.map((result, at) => {
      if (result.status === 'failed') return { error: result.error };
      const body = printBody(Buffer.from(bodies[at] ?? ''), codec).json;
      const [topicName, offset] = [JSON.stringify(name), JSON.stringify(result.offset)];
      return { line: line({ topic: topicName, partition: `${result.partition}`, offset, body }) };
    });
  };
}
