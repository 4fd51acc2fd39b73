import { isRedpostError } from '@redpost/core/consuming';
import type { Paused, Queue } from '@redpost/queue';
import { explain } from '../program/exit-codes.js';
import { counted, say } from './notices.js';

/** Prints events in the background of `receive`, and counts its failures. */
export function reportQueue<Body, Input>(queue: Queue<Body, Input>): { count: number } {
  const failures = { count: 0 };
  queue.on('unreadable', ({ error }) => {
    failures.count += 1;
    say(`a message is now a dead letter: ${explain(error)}`);
  });
  queue.on('lost', ({ deliveries }) => sayLost(deliveries.length));
  queue.on('recovered', ({ returned }) => sayRecovered(returned));
  queue.on('paused', sayPaused);
  queue.on('resumed', sayResumed);
  queue.on('error', sayBackgroundError);
  return failures;
}

export function sayLost(count: number): void {
  say(`the lease was lost: ${counted(count, 'message')} will be delivered again`);
}

export function sayReturned(count: number): void {
  say(`${counted(count, 'message')} returned to the queue, without counting an attempt`);
}

export function sayPaused({ reason, until, queue }: Paused & { queue?: string }): void {
  const end = until ? ` until ${until.toISOString()}` : '';
  say(`${named(queue)} is paused${end}${reason === undefined ? '' : `: ${reason}`}`);
}

export function sayResumed({ queue }: { queue?: string } = {}): void {
  say(`${named(queue)} is no longer paused`);
}

function named(queue: string | undefined): string {
  return queue === undefined ? 'the queue' : `the queue ${queue}`;
}

export function sayRecovered(count: number): void {
  say(`${counted(count, 'message')} of a consumer that had died will be delivered again`);
}

/** The connection reports once that Redis is unreachable. */
export function sayBackgroundError(error: Error): void {
  const isAway = isRedpostError(error) && ['CONNECTION', 'TIMEOUT', 'CLOSED'].includes(error.code);
  if (!isAway) say(explain(error));
}
