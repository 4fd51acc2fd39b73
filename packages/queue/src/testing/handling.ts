import {
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  shown,
  TimeoutError,
  wholeNumber,
} from '@redpost/core';
import { checkedHandler, pause, performance } from '@redpost/core/consuming';
import type { QueueStats } from '../admin/queue-stats.js';
import type { ConsumeOptions } from '../consuming/consume-options.js';
import type { Consumer, Handler } from '../consuming/consumer.js';
import type { Delivery } from '../consuming/delivery.js';
import type { Queue } from '../queue.js';
import type { FakeClock } from './fake-clock.js';

/** How messages are handled in a test. */
export interface HandlingOptions {
  /**
   * What an error of the handler does. `throw` (default): its message is retried or becomes a dead letter, as in production,
   * no further message is handled, and the call rejects with the error. `collect`: the errors are in the result.
   */
  errors?: 'throw' | 'collect' | undefined;
  /**
   * Handles delayed messages, too: whenever no message may be handled now, this clock is moved on to when the next one is due,
   * be it one that was sent with a delay, waits for its next attempt, or is sent by a schedule. Default: they stay delayed.
   */
  clock?: FakeClock | undefined;
  /** For how long messages may be handled, in ms: at least 1. Default 10 000. */
  timeoutMs?: number | undefined;
  /** Options of the consumer, above those of the queue. Messages are always handled one at a time. */
  consume?: Omit<ConsumeOptions, 'concurrency' | 'signal'> | undefined;
}

export const handlingOptionNames: NamesOf<HandlingOptions> = {
  errors: true,
  clock: true,
  timeoutMs: true,
  consume: true,
};

/** What was handled. */
export interface Handled<Body> {
  /** The messages with which the handler was called, in their order. */
  deliveries: Delivery<Body>[];
  /** Errors of the handler, and those of messages that could not be read. */
  errors: Error[];
  /** What the handler has returned for the last message. */
  value: unknown;
}

interface CheckedOptions {
  errors: 'throw' | 'collect';
  clock: FakeClock | undefined;
  timeoutMs: number;
  consume: ConsumeOptions;
}

/** How often to look whether the queue is empty, in ms. */
const lookMs = 2;
/** After so many looks at which nothing happened, a consumer that has found nothing finds nothing. */
const stillLooks = 3;

/**
 * Handles messages of a queue in this process, one at a time, by a consumer that is there only for that: until no message is
 * pending, or `most` of them have been handled. Resolves when all that was handled is settled in Redis.
 */
export async function handleMessages<Body>(
  queue: Queue<Body, never>,
  handler: Handler<Body>,
  { most, ...options }: HandlingOptions & { most: number },
): Promise<Handled<Body>> {
  const handling = new Handling(queue, checkedHandler(handler), most, checked(options));
  return handling.run();
}

class Handling<Body> {
  readonly #queue: Queue<Body, never>;
  readonly #handler: Handler<Body>;
  readonly #most: number;
  readonly #options: CheckedOptions;
  readonly #deadline: number;
  readonly #handled: Handled<Body> = { deliveries: [], errors: [], value: undefined };
  #running = 0;
  /** An error of the consumer itself: Redis is away, say. */
  #failure: Error | undefined;

  constructor(
    queue: Queue<Body, never>,
    handler: Handler<Body>,
    most: number,
    options: CheckedOptions,
  ) {
    this.#queue = queue;
    this.#handler = handler;
    this.#most = most;
    this.#options = options;
    this.#deadline = performance.now() + options.timeoutMs;
  }

  async run(): Promise<Handled<Body>> {
    for (;;) {
      const isStuck = await this.#consume();
      if (this.#isThrough || !(await this.#hasMore(isStuck))) break;
      this.#checkTime();
    }
    if (this.#failure) throw this.#failure;
    const [error] = this.#handled.errors;
    if (error && this.#options.errors === 'throw') throw error;
    return this.#handled;
  }

  /**
   * A consumer handles what it finds. Then what it has settled is in Redis, and what it has not started is back. Resolves to
   * whether messages are pending that may not be handled now.
   */
  async #consume(): Promise<boolean> {
    const options = { ...this.#options.consume, concurrency: 1 };
    const consumer = this.#queue.consume(
      (delivery): unknown => this.#handle(consumer, delivery),
      options,
    );
    let hasLooked = false;
    consumer.on('drained', () => {
      hasLooked = true;
    });
    consumer.on('failed', ({ error }) => {
      this.#handled.errors.push(error);
      this.#pauseIfThrough(consumer);
    });
    consumer.on('error', (error) => {
      this.#failure ??= error;
    });
    try {
      return await this.#untilStill(() => hasLooked);
    } finally {
      const leftMs = Math.ceil(this.#deadline - performance.now());
      await consumer.stop({ timeoutMs: Math.max(0, leftMs) });
    }
  }

  async #untilStill(hasLooked: () => boolean): Promise<boolean> {
    const { deliveries } = this.#handled;
    for (let looks = 0, before = -1; ; looks += 1) {
      if (this.#running === 0 && this.#isThrough) return false;
      const { pending } = await this.#stats();
      if (this.#running > 0 || deliveries.length !== before || !hasLooked()) looks = 0;
      else if (pending === 0) return false;
      else if (this.#options.clock && looks >= stillLooks) return true;
      before = deliveries.length;
      this.#checkTime(pending);
      await pause(lookMs);
    }
  }

  /** Whether there is more to handle, now that there is no consumer. With a clock, time moves on until there is. */
  async #hasMore(isStuck: boolean): Promise<boolean> {
    const { clock } = this.#options;
    const { pending, delayed } = await this.#stats();
    if (pending > 0 && !isStuck) return true;
    if (!clock) return false;
    const untilNext = await clock.msUntilNext(this.#queue);
    if (untilNext === 0) return true;
    if (pending + delayed === 0 || untilNext === undefined) return pending > 0;
    await clock.advance(untilNext);
    return true;
  }

  async #handle(consumer: Consumer<Body>, delivery: Delivery<Body>): Promise<unknown> {
    this.#running += 1;
    this.#handled.deliveries.push(delivery);
    this.#pauseIfThrough(consumer);
    try {
      this.#handled.value = await this.#handler(delivery);
      return this.#handled.value;
    } finally {
      this.#running -= 1;
    }
  }

  /** No further message is started. */
  #pauseIfThrough(consumer: Consumer<Body>): void {
    if (this.#isThrough) void consumer.pause();
  }

  get #isThrough(): boolean {
    const { deliveries, errors } = this.#handled;
    if (this.#failure) return true;
    return (
      deliveries.length >= this.#most || (errors.length > 0 && this.#options.errors === 'throw')
    );
  }

  async #stats(): Promise<QueueStats> {
    const stats = await this.#queue.stats();
    if (!stats.paused) return stats;
    throw new InvalidArgumentError(
      `The queue ${shown(this.#queue.name)} is paused, so no message of it is handled: resume it first`,
    );
  }

  #checkTime(pending?: number): void {
    if (performance.now() < this.#deadline) return;
    const { deliveries } = this.#handled;
    const running = this.#running > 0 ? ', and the handler of the last one runs still' : '';
    const left = pending === undefined ? '' : `, ${pending} are pending`;
    throw new TimeoutError(
      `The queue ${shown(this.#queue.name)} was not drained within ${this.#options.timeoutMs} ms: ${deliveries.length} messages were handled${left}${running}`,
      { outcome: 'unknown' },
    );
  }
}

function checked(options: HandlingOptions): CheckedOptions {
  const { errors = 'throw', clock, timeoutMs = 10_000, consume = {} } = options;
  if (errors !== 'throw' && errors !== 'collect') {
    throw new InvalidArgumentError(`errors is 'throw' or 'collect', got ${shown(errors)}`);
  }
  if (clock !== undefined && typeof clock.msUntilNext !== 'function') {
    throw new InvalidArgumentError(`clock is a FakeClock, got ${shown(clock)}`);
  }
  wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
  return { errors, clock, timeoutMs, consume };
}
