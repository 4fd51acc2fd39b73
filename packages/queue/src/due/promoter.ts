import { asError } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { promote } from '../scripts/promote.js';
import { Alarm } from './alarm.js';
import type { BeatsThatLook } from './poll-ms.js';
import { Ticker } from './ticker.js';

/** The events of a {@link Promoter}. */
export interface PromoterEvents extends BeatsThatLook {
  /** Delayed messages have become due, and may be taken now. */
  promoted(): void;
  failed(error: Error): void;
}

/** How soon to look again after a failure, in ms, because something may have become due meanwhile. */
const againMs = 250;

/**
 * Does what is due: returns delayed messages to the queue, and sends those of schedules. One alarm sleeps until the
 * earliest of both, and is woken when there is an earlier one. Every consumer has a promoter, and the first one to look
 * does the work.
 */
export class Promoter {
  readonly #context: QueueContext;
  readonly #events: PromoterEvents;
  /** Made when a schedule is due. */
  #ticker: Ticker | undefined;
  readonly #alarm: Alarm;

  constructor(context: QueueContext, events: PromoterEvents) {
    this.#context = context;
    this.#events = events;
    this.#alarm = new Alarm(() => this.#promote(), events);
  }

  /** Looks at what is due now, and from then on whenever something is. */
  check(): Promise<void> {
    return this.#alarm.check();
  }

  /** A beat has found that something may be due some time. */
  beat(): void {
    this.#alarm.beat();
  }

  stop(): void {
    this.#alarm.stop();
  }

  async #promote(): Promise<number> {
    const { connection, keys } = this.#context;
    try {
      const { moved, nextInMs, tickInMs } = await connection.run(promote, { keys });
      if (moved > 0 && !this.#alarm.isStopped) this.#events.promoted();
      const isTickDue = tickInMs !== undefined && tickInMs <= 0;
      const nextTickInMs = isTickDue ? await this.#tick() : tickInMs;
      return Math.min(
        nextInMs ?? Number.POSITIVE_INFINITY,
        nextTickInMs ?? Number.POSITIVE_INFINITY,
      );
    } catch (error) {
      this.#failed(asError(error));
      return againMs;
    }
  }

  #tick(): Promise<number | undefined> {
    this.#ticker ??= new Ticker(this.#context, (error) => this.#failed(error));
    return this.#ticker.tick(() => this.#alarm.isStopped);
  }

  #failed(error: Error): void {
    if (!this.#alarm.isStopped) this.#events.failed(error);
  }
}
