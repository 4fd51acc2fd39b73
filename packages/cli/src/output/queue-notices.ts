import { isRedpostError } from '@redpost/core/consuming';
import type { PauseInForce, Queue } from '@redpost/queue';
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
  const pauses = new PauseNotices();
  queue.on('paused', (paused) => pauses.paused(paused));
  queue.on('resumed', () => pauses.resumed());
  queue.on('error', sayBackgroundError);
  return failures;
}

export function sayLost(count: number): void {
  say(`the lease was lost: ${counted(count, 'message')} will be delivered again`);
}

export function sayReturned(count: number): void {
  say(`${counted(count, 'message')} returned to the queue, without counting an attempt`);
}

/** Prints when a queue, or this consumer of it, is paused and goes on. */
export class PauseNotices {
  /** What was paused of each queue. */
  readonly #named = new Map<string | undefined, string>();

  paused({ reason, until, queue, consumer }: PauseInForce & { queue?: string }): void {
    const name = queue === undefined ? 'the queue' : `the queue ${queue}`;
    const named = consumer === undefined ? name : `this consumer of ${name}`;
    this.#named.set(queue, named);
    const end = until ? ` until ${until.toISOString()}` : '';
    say(`${named} is paused${end}${reason === undefined ? '' : `: ${reason}`}`);
  }

  resumed({ queue }: { queue?: string } = {}): void {
    say(`${this.#named.get(queue)} is no longer paused`);
  }
}

export function sayRecovered(count: number): void {
  say(`${counted(count, 'message')} of a consumer that had died will be delivered again`);
}

/** The connection reports once that Redis is unreachable. */
export function sayBackgroundError(error: Error): void {
  const isAway = isRedpostError(error) && ['CONNECTION', 'TIMEOUT', 'CLOSED'].includes(error.code);
  if (!isAway) say(explain(error));
}
