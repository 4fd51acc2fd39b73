import type { PubsubResult } from './acts/pubsub.js';
import type { QueueResult } from './acts/queue.js';
import { milliseconds, plural, seconds } from './terminal/format.js';
import type { Screen } from './terminal/screen.js';
import type { Timings } from './timings.js';

/** Prints what came of it all. Returns true when nothing was lost or duplicated. */
export function summarize(screen: Screen, queue: QueueResult, pubsub: PubsubResult): boolean {
  const { paint } = screen;
  const { sent, consumed, lost, duplicated } = queue.traffic.log.tally;
  const isRight = lost === 0 && duplicated === 0 && pubsub.isExact;

  screen.line();
  screen.line(paint.accent(paint.bold('Summary')));
  screen.line();
  for (const [name, value] of rows(queue, pubsub)) {
    screen.line(`   ${paint.dim(name.padEnd(20))}${value}`);
  }
  screen.line();
  const line = `${sent} sent, ${consumed} consumed, ${lost} lost, ${duplicated} duplicated`;
  screen.line(paint.bold(isRight ? paint.good(line) : paint.bad(line)));
  return isRight;
}

function rows({ traffic, left }: QueueResult, pubsub: PubsubResult): [string, string][] {
  const { pending, active, dead } = left;
  const got = pubsub.listeners.map(({ name, received }) => `${name} got ${received}`);
  return [
    ['sent and handled', `in ${seconds(traffic.elapsedMs)}`],
    ['share', `${shares(traffic.shares)} per consumer`],
    ['send to consumer', spread(traffic.latencies)],
    ['keep-alive', `${plural(traffic.pings.count, 'ping')}, ${spread(traffic.pings)}`],
    ['left in the queue', `${pending} pending, ${active} active, ${dead} dead`],
    [
      'published',
      [`${pubsub.published}`, ...got, pubsub.isExact ? '' : 'which is wrong']
        .filter(Boolean)
        .join(', '),
    ],
  ];
}

function shares(counts: readonly number[]): string {
  const fewest = Math.min(...counts);
  const most = Math.max(...counts);
  return fewest === most ? plural(most, 'message') : `${fewest} to ${plural(most, 'message')}`;
}

function spread(timings: Timings): string {
  if (timings.count === 0) return 'none';
  return `${milliseconds(timings.median)} median, ${milliseconds(timings.slowest)} slowest`;
}
