import { asError } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { UnreadableScheduleError } from '../schedule/errors.js';
import { planTicks } from '../schedule/plan-ticks.js';
import { readSchedule } from '../schedule/spec.js';
import { dueSchedules } from '../scripts/due-schedules.js';
import type { FoundSchedule } from '../scripts/read-schedules.js';
import { sendTicks, type TickedSchedule } from '../scripts/send-ticks.js';
import { KeyFullError } from '../sending/errors.js';

/** How soon to look again when something could not be sent, in ms. */
const againMs = 5000;
/** About how much one call sends. */
const mostMessages = 500;
const mostBytes = 512 * 1024;

/**
 * Sends the messages of schedules that are due, in pieces. Everybody who has one may do it at the same time: the script
 * that sends the messages of a schedule moves it on, if nobody else has done so before.
 */
export class Ticker {
  readonly #context: QueueContext;
  readonly #failed: (error: Error) => void;
  /** When those were told last that cannot be read here. */
  readonly #toldAt = new Map<string, number>();

  constructor(context: QueueContext, failed: (error: Error) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  /**
   * Sends what is due, or a piece of it. Resolves to the ms until the next schedule is due, if there is one: 0 if more is
   * due now. Rejects like a call.
   */
  async tick(isOver: () => boolean): Promise<number | undefined> {
    const { connection, keys } = this.#context;
    // Those that cannot be read here stay due, for others that can.
    for (let skip = 0; ; ) {
      const { now, nextInMs, hasMore, due } = await connection.run(dueSchedules, { keys, skip });
      const plans = due.flatMap((found) => this.#plan(found, now) ?? []);
      if (plans.length === 0 && hasMore && !isOver()) {
        skip += due.length;
        continue;
      }
      for (const schedules of pieces(plans)) await this.#send(schedules);
      if (plans.length > 0 && hasMore) return 0;
      const areAllRead = skip === 0 && plans.length === due.length;
      return earliest(plans, now, nextInMs, areAllRead ? undefined : againMs);
    }
  }

  #plan({ name, spec, state }: FoundSchedule, now: number): TickedSchedule | undefined {
    try {
      return planTicks(readSchedule(name, spec, state), now);
    } catch (error) {
      if (!this.#isToBeTold(name)) return undefined;
      const { message: why } = asError(error);
      const { name: queue } = this.#context;
      this.#failed(new UnreadableScheduleError({ queue, schedule: name, why, cause: error }));
      return undefined;
    }
  }

  /** The same schedule is read again and again while others are sent. */
  #isToBeTold(name: string): boolean {
    const now = performance.now();
    const isDue = now - (this.#toldAt.get(name) ?? Number.NEGATIVE_INFINITY) >= againMs;
    if (isDue) this.#toldAt.set(name, now);
    return isDue;
  }

  async #send(schedules: readonly TickedSchedule[]): Promise<void> {
    const { connection, keys, name } = this.#context;
    const results = await connection.run(sendTicks, { keys, schedules });
    const messageKeys = schedules.flatMap(({ key = '', messages }) => messages.map(() => key));
    const refused = new Set(messageKeys.filter((_, at) => results[at] === 'refused'));
    for (const key of refused) this.#failed(new KeyFullError({ queue: name, key }));
  }
}

/** The ms until the first of these is due again, or so many ms. */
function earliest(
  plans: readonly TickedSchedule[],
  now: number,
  ...others: (number | undefined)[]
): number | undefined {
  const times = plans.flatMap(({ next = Number.POSITIVE_INFINITY }) => Math.max(0, next - now));
  const first = Math.min(...times, ...others.map((ms) => ms ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(first) ? first : undefined;
}

function* pieces(plans: readonly TickedSchedule[]): Generator<TickedSchedule[]> {
  let piece: TickedSchedule[] = [];
  let messages = 0;
  let bytes = 0;
  for (const plan of plans) {
    piece.push(plan);
    messages += plan.messages.length;
    for (const { element } of plan.messages) bytes += element.length;
    if (messages < mostMessages && bytes < mostBytes && piece.length < mostMessages) continue;
    yield piece;
    [piece, messages, bytes] = [[], 0, 0];
  }
  if (piece.length > 0) yield piece;
}
