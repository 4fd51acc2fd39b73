import type { Command } from 'commander';
import { type Body, type CodecName, printBody } from '../messages/body-codec.js';
import { line } from '../messages/message-line.js';
import {
  type Deliver,
  parseArguments,
  refuseTerminalInput,
  sendArguments,
  sendInput,
} from '../messages/outgoing.js';
import { codecOption, duration, header, positive } from '../options/option-parsers.js';
import { define } from '../program/define.js';
import { wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface SendOptions {
  codec: CodecName;
  bare?: boolean;
  delay?: number;
  ttl?: number;
  id?: string;
  header?: Record<string, string>;
  replicas?: number;
  quiet?: boolean;
}

export function addSend(program: Command, context: ProgramContext): void {
  define<SendOptions>(program, context, 'send', {
    description: 'Send messages to a queue: one per argument, or one per line of stdin.',
    addArguments,
    help: `
Examples:
  redpost send emails '{"to":"a@example.com"}' '{"to":"d@example.com"}'
  redpost send emails < bodies.ndjson
  redpost send emails --codec text 'hello world' --delay 5m --header trace=42
  redpost send emails --bare '{"to":"a@example.com"}' && redis-cli RPOP emails
  redpost send emails -- -1

Prints {"id", "body"} for each message when it is in Redis; a bare one has the
id null.
Bodies are sent as they were written, to the letter. Of stdin, empty lines are
skipped, except with --codec text. The first line that is wrong ends it: those
before it have been sent, those after it have not, and its number is told.
A reader that goes away (| head) does not end it.`,
    job: send,
  });
}

function addArguments(command: Command): Command {
  return command
    .argument('<queue>', 'its name')
    .argument('[bodies...]', 'a message each; without any, they are read from stdin')
    .addOption(codecOption())
    .addOption(
      command
        .createOption('--bare', 'write only the body, for consumers that do RPOP')
        .conflicts(['delay', 'ttl', 'id', 'header']),
    )
    .option('--delay <duration>', 'deliver it no sooner than this, e.g. 5m', duration)
    .option('--ttl <duration>', 'delete it if it was not delivered within this time', duration)
    .option('--id <id>', 'its id, instead of a new one (one body only)')
    .option('--header <name=value>', 'a text that travels with it (repeatable)', header)
    .option('--replicas <count>', 'wait until this many replicas have the message', positive)
    .option('-q, --quiet', 'do not print what was sent');
}

async function send(run: Run, [name = '', ...texts]: readonly string[], options: SendOptions) {
  const { codec, id, ttl } = options;
  if (id !== undefined && texts.length !== 1) throw wrongInput('--id is for one body, as argument');
  if (ttl === 0) throw wrongInput('--ttl must be longer than nothing');
  if (texts.length === 0) refuseTerminalInput('redpost send');
  const bodies = parseArguments(texts, codec);

  const deliver = await toQueue(run, name, options);
  if (bodies.length > 0) return sendArguments(run, bodies, options, deliver);
  return sendInput(run, options, deliver);
}

async function toQueue(run: Run, name: string, options: SendOptions): Promise<Deliver> {
  const { codec, bare, delay, ttl, id, header: headers, replicas } = options;
  const queue = await run.queue(name);
  const more = { bare, delayMs: delay, ttlMs: ttl, id, headers, replicas };
  return async (bodies) => {
    const results = await queue.sendBatch(bodies.map((body) => ({ body, ...more })));
    return results.map((result, at) => {
      if (result.status === 'failed') return { error: result.error };
      const sentId = bare ? null : result.id;
      return { line: sentLine(sentId, bodies[at] ?? '', codec) };
    });
  };
}

function sentLine(id: string | null, body: Body, codec: CodecName): string {
  return line({ id: JSON.stringify(id), body: printBody(Buffer.from(body), codec).json });
}
