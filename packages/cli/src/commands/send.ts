import type { MaxLength, Once } from '@redpost/queue';
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
import {
  codecOption,
  duration,
  header,
  keyed,
  moment,
  positive,
  priority,
  timerDuration,
  until,
  whole,
} from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { define } from '../program/define.js';
import { wrongInput } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface SendOptions {
  codec: CodecName;
  bare?: boolean;
  delay?: number;
  at?: number;
  ttl?: number;
  timeout?: number;
  keepResult?: number;
  attempt?: number;
  id?: string;
  header?: Record<string, string>;
  priority?: number;
  key?: string;
  replicas?: number;
  maxLength?: number;
  whenFull?: MaxLength['whenFull'];
  once?: { key: string; value: Once['until'] };
  throttle?: { key: string; value: number };
  debounce?: { key: string; value: number };
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
  redpost send emails --at 2030-01-31T12:00:00Z '{"to":"later@example.com"}'
  redpost send emails --priority 9 '{"to":"urgent@example.com"}'
  redpost send orders --key customer-7 '{"pay":1}' '{"ship":1}'
  redpost send sync --once user-7 '{"user":7}'
  redpost send alerts --throttle disk:10m '{"disk":"full"}'
  redpost send index --debounce page-7:5s '{"page":7}'
  redpost send emails --max-length 10000 --when-full wait < bodies.ndjson
  redpost send emails --bare '{"to":"a@example.com"}' && redis-cli RPOP emails
  redpost send emails -- -1

Prints {"id", "body"} for each message when it is in Redis; a bare one has the
id null, and one that was not sent because of --once, --throttle or --debounce
the id of the earlier message.
Bodies are sent exactly as they were written. Empty lines of stdin are skipped,
except with --codec text. The command ends at the first invalid line and prints
its number: the lines before it were sent, the lines after it were not. A closed
pipe on stdout (| head) does not end the command.`,
    job: send,
  });
}

function addArguments(command: Command): Command {
  return command
    .argument('<queue>', 'name of the queue')
    .argument('[bodies...]', 'one message each (default: one per line of stdin)')
    .addOption(codecOption())
    .addOption(
      command
        .createOption('--bare', 'write only the body, for consumers that use RPOP')
        .conflicts([
          'delay',
          'at',
          'ttl',
          'timeout',
          'keepResult',
          'attempt',
          'id',
          'header',
          'priority',
          'key',
          'once',
          'throttle',
          'debounce',
        ]),
    )
    .option('--delay <duration>', 'deliver the message no sooner than this, e.g. 5m', duration)
    .addOption(
      command
        .createOption('--at <time>', 'deliver the message no sooner than then')
        .argParser(moment)
        .conflicts(['delay', 'debounce']),
    )
    .option(
      '--ttl <duration>',
      'delete the message if it was not delivered within this time',
      duration,
    )
    .option(
      '--timeout <duration>',
      'for how long a handler may have it at each attempt',
      timerDuration(1),
    )
    .option(
      '--keep-result <duration>',
      'keep its result for so long when it is through: see redpost result',
      duration,
    )
    .option('--attempt <count>', 'how often it was attempted elsewhere (default: 0)', whole)
    .addOption(
      command
        .createOption(
          '--once <key[:until]>',
          'only if no earlier message with this key counts, which it does until it is done, taken or so old (default: done)',
        )
        .argParser(keyed(until, 'done'))
        .conflicts(['throttle', 'debounce']),
    )
    .addOption(
      command
        .createOption('--throttle <key:duration>', 'only the first message in each such time')
        .argParser(keyed(duration))
        .conflicts(['debounce']),
    )
    .addOption(
      command
        .createOption('--debounce <key:duration>', 'the last message, when no other one comes')
        .argParser(keyed(duration))
        .conflicts(['delay']),
    )
    .option('--id <id>', 'id of the message, instead of a new one (one body only)')
    .option('--header <name=value>', 'header of the message (repeatable)', header)
    .option('--priority <n>', 'from 0 to 9, higher is sooner (default: 4)', priority)
    .addOption(
      command
        .createOption('--key <key>', 'messages of one key are handled in order, one at a time')
        .conflicts('priority'),
    )
    .option('--replicas <count>', 'wait until this many replicas have the message', positive)
    .option('--max-length <count>', 'send only while fewer messages wait than this', positive)
    .addOption(
      command
        .createOption('--when-full <action>', 'with --max-length (default: reject)')
        .choices(['reject', 'drop-oldest', 'wait']),
    )
    .option('-q, --quiet', 'do not print the sent messages');
}

async function send(run: Run, [name = '', ...texts]: readonly string[], options: SendOptions) {
  const { codec, id, ttl, maxLength, whenFull } = options;
  if (id !== undefined && texts.length !== 1) throw wrongInput('--id is for one body, as argument');
  if (ttl === 0) throw wrongInput('--ttl must be longer than nothing');
  if (whenFull && maxLength === undefined) throw wrongInput('--when-full needs --max-length');
  if (texts.length === 0) refuseTerminalInput('redpost send');
  const bodies = parseArguments(texts, codec);

  const deliver = await toQueue(run, name, options);
  if (bodies.length > 0) return sendArguments(run, bodies, options, deliver);
  return sendInput(run, options, deliver);
}

async function toQueue(run: Run, name: string, options: SendOptions): Promise<Deliver> {
  const { timeout: timeoutMs, keepResult: keepResultMs, attempt } = options;
  const { codec, bare, delay, ttl, id, header: headers, priority, key, replicas } = options;
  const { maxLength: count, whenFull } = options;
  const queue = await run.queue(name, count === undefined ? undefined : { count, whenFull });
  queue.on('dropped', ({ count }) =>
    say(`${counted(count, 'message')} dropped: the queue was full`),
  );
  const { once, throttle, debounce } = options;
  const more = {
    at: options.at === undefined ? undefined : new Date(options.at),
    ...{ bare, delayMs: delay, ttlMs: ttl, id, headers, priority, key, replicas },
    ...{ timeoutMs, keepResultMs, attempt },
    once: once && { key: once.key, until: once.value },
    throttle: throttle && { key: throttle.key, ms: throttle.value },
    debounce: debounce && { key: debounce.key, ms: debounce.value },
  };
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
