import type { From, Topic } from '@redpost/topic';
import type { Command } from 'commander';
import type { Body, CodecName } from '../../messages/body-codec.js';
import { recordLine } from '../../messages/message-line.js';
import { codecOption, positive, timerDuration, whole } from '../../options/option-parsers.js';
import { place } from '../../options/place.js';
import { counted, say } from '../../output/notices.js';
import { Progress } from '../../output/progress.js';
import { define } from '../../program/define.js';
import { exitCodes, explain } from '../../program/exit-codes.js';
import { onAbort } from '../../program/interruption.js';
import type { ProgramContext } from '../../program/program-context.js';
import type { Run } from '../../run.js';
import { Ending } from './ending.js';

interface ReadOptions {
  codec: CodecName;
  from: From;
  until?: From;
  partition?: number;
  count?: number;
  follow?: boolean;
  timeout?: number;
}

/** How long nothing may come before the end that was looked up is taken as reached. */
const defaultTimeoutMs = 5000;

export function addTopicRead(topic: Command, context: ProgramContext): void {
  define<ReadOptions>(topic, context, 'read', {
    description: 'Print the records of a topic, without a consumer group.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .addOption(
          command
            .createOption('--from <place>', 'where to begin')
            .argParser(place)
            .default('beginning'),
        )
        .addOption(
          command
            .createOption('--until <place>', 'where to end (default: the newest record there is)')
            .argParser(place),
        )
        .option('--partition <n>', 'only this partition, from 0', whole)
        .option('-n, --count <n>', 'end after this many records', positive)
        .addOption(
          command
            .createOption('-f, --follow', 'go on with new records, until Ctrl-C')
            .conflicts('until'),
        )
        .option(
          '-t, --timeout <duration>',
          'end when no record came for so long (default: 5s, with --follow no limit)',
          timerDuration(1),
        )
        .addOption(codecOption()),
    help: `
Examples:
  redpost topic read events
  redpost topic read events --from 1h --until 30m | jq .body
  redpost topic read events --from 2030-01-31T12:00Z --until 2030-01-31T13:00Z
  redpost topic read events --from latest --follow

A place is beginning, latest, an offset, a time, or how long ago. Reading takes nothing
away. Prints {"offset", "partition", "body", "key", "id", "publishedAt", "headers"} for each
record; --from begins after an offset, --until ends with it.`,
    job: read,
  });
}

async function read(run: Run, [name = '']: readonly string[], options: ReadOptions) {
  const { codec, from, partition, follow, count = Number.POSITIVE_INFINITY } = options;
  const topic = await run.topic(name);
  const ending = follow ? undefined : await Ending.find(topic, options.until, partition);
  if (ending?.isReached) return exitCodes.done;
  const stop = new AbortController();
  onAbort(run.interruption.stopping, () => stop.abort());
  run.output.onClosed(() => stop.abort());
  const idle = idleTimer(options.timeout ?? (follow ? undefined : defaultTimeoutMs), stop);
  watch(topic, ending, stop);

  const progress = run.output.isFile ? new Progress() : undefined;
  const records = topic.read({
    from,
    partition,
    signal: stop.signal,
    onTrimmed: ({ missed = 'some' }) => say(`${missed} records were removed before they were read`),
  });
  let printed = 0;
  for await (const record of records) {
    idle.restart();
    if (!ending?.isAfter(record)) {
      void run.output.line(recordLine(record, codec));
      printed += 1;
      await run.output.pressure;
      progress?.tell(() => `read ${counted(printed, 'record')}`);
    }
    ending?.passed(record);
    if (ending?.isReached || printed >= count) break;
  }
  idle.clear();
  await run.output.flushed();
  const interrupted = run.interruption.stopping.aborted ? 'interrupted: ' : '';
  progress?.end(() => `${interrupted}read ${counted(printed, 'record')}`);
  return follow ? exitCodes.done : run.interruption.exitCode;
}

/** Records that cannot be read are told of, and may be the last ones. */
function watch(topic: Topic<Buffer, Body>, ending: Ending | undefined, stop: AbortController) {
  topic.on('unreadable', (record) => {
    say(`record ${record.offset} cannot be read: ${explain(record.error)}`);
    ending?.passed(record);
    if (ending?.isReached) stop.abort();
  });
  topic.on('error', (error) => say(explain(error)));
}

function idleTimer(ms: number | undefined, stop: AbortController) {
  const timer = ms === undefined ? undefined : setTimeout(() => stop.abort(), ms);
  return { restart: () => void timer?.refresh(), clear: () => clearTimeout(timer) };
}
