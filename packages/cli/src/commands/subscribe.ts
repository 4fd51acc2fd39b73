import type { PubSub, Subscription } from '@redpost/pubsub';
import type { Command } from 'commander';
import type { Body, CodecName } from '../messages/body-codec.js';
import { bodyOf, line } from '../messages/message-line.js';
import { codecOption, positive, timerDuration } from '../options/option-parsers.js';
import { counted, say, spokenDuration } from '../output/notices.js';
import { define } from '../program/define.js';
import { exitCodes, explain, wrongInput } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface SubscribeOptions {
  codec: CodecName;
  pattern?: boolean;
  distinct?: boolean;
  count?: number;
  timeout?: number;
}

export function addSubscribe(program: Command, context: ProgramContext): void {
  define<SubscribeOptions>(program, context, 'subscribe', {
    description: 'Print the messages that are published to channels, until Ctrl-C.',
    addArguments: (command) =>
      command
        .argument('<channels...>', 'names of the channels')
        .option('-p, --pattern', 'the names are glob-style patterns, e.g. chat.*')
        .option('--distinct', 'with --pattern: print a message once, however many patterns match')
        .option('-n, --count <n>', 'end after this many messages', positive)
        .option(
          '-t, --timeout <duration>',
          'end when no message came for so long (default: never)',
          timerDuration(1),
        )
        .addOption(codecOption()),
    help: `
Examples:
  redpost subscribe news weather
  redpost subscribe --pattern 'chat.*' | jq -r .body.text
  redpost subscribe news --count 1 --timeout 1m

Prints {"channel", "body"} for each message, and with --pattern the "pattern" it
matched; a message that matches several is printed once for each, or only once with
--distinct. Messages that are published before "subscribed" appears on stderr, or
while the connection is lost, do not arrive.`,
    job: subscribe,
  });
}

async function subscribe(run: Run, names: readonly string[], options: SubscribeOptions) {
  const { codec, timeout, count = Number.POSITIVE_INFINITY } = options;
  if (options.distinct && !options.pattern) {
    throw wrongInput('--distinct is for patterns: give --pattern, too');
  }
  const stop = new AbortController();
  onAbort(run.interruption.stopping, () => stop.abort());
  run.output.onClosed(() => stop.abort());

  const subscription = await open(await run.pubsub(), names, options);
  report(subscription);
  say(`subscribed to ${names.join(', ')}`);

  const wait = { signal: stop.signal, timeoutMs: timeout };
  for (let printed = 0; printed < count && !stop.signal.aborted; printed += 1) {
    const message = await subscription.next(wait).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    if (!message) break;
    const { channel, body, pattern } = message;
    void run.output.line(
      line({
        channel: JSON.stringify(channel),
        pattern: pattern === undefined ? undefined : JSON.stringify(pattern),
        ...bodyOf(body, codec),
      }),
    );
    await run.output.pressure;
  }
  await run.output.flushed();
  await subscription.close();
  return exitCodes.done;
}

function open(
  pubsub: PubSub<Body, Buffer>,
  names: readonly string[],
  { pattern, distinct }: SubscribeOptions,
): Promise<Subscription<Buffer>> {
  return pattern ? pubsub.subscribePattern(names, { distinct }) : pubsub.subscribe(names);
}

function report(subscription: Subscription<Buffer>): void {
  subscription.on('interrupted', () =>
    say('not subscribed for now: messages that are published are missed'),
  );
  subscription.on('resumed', ({ downMs }) => {
    say(`subscribed again, after ${spokenDuration(downMs)}`);
  });
  subscription.on('overflow', ({ dropped }) => {
    say(`${counted(dropped, 'message')} dropped: the reader of stdout is too slow`);
  });
  subscription.on('error', (error) => say(explain(error)));
}
