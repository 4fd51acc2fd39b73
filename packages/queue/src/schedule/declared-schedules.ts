import {
  encodeBody,
  InvalidArgumentError,
  refuseTooLarge,
  shown,
  validate,
  wholeNumber,
} from '@redpost/core';
import type { QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import { readSchedules } from '../scripts/read-schedules.js';
import { removeSchedule } from '../scripts/remove-schedule.js';
import { sendTicks } from '../scripts/send-ticks.js';
import { writeSchedule } from '../scripts/write-schedule.js';
import { KeyFullError } from '../sending/errors.js';
import { newId } from '../sending/message-id.js';
import { type Schedule, scheduleOf } from './schedule.js';
import { checkedSchedule, checkedScheduleName, type ScheduleOptions } from './schedule-options.js';
import {
  encodeSpec,
  isSameTiming,
  readSchedule,
  type ScheduleSpec,
  type ScheduleState,
  type StoredSchedule,
} from './spec.js';
import { overlapKey, scheduledMessage } from './tick-message.js';
import { tickAfter } from './timing.js';

/** How many names are read at a time. */
const pageSize = 500;
const mostNext = 1000;

/**
 * The schedules of a queue: they are stored in Redis, and send messages at their times as long as there is a consumer of
 * the queue or a `Scheduler`, in any process. The message of each tick is sent once, with the id `<name>@<time>`, e.g.
 * `report@2027-03-01T08:00:00.000Z`.
 *
 * ```ts
 * await reports.schedules.set('daily', { cron: '0 8 * * *', timeZone: 'Europe/Berlin', body: { kind: 'daily' } });
 * ```
 */
export class DeclaredSchedules<Body = unknown, Input = Body> {
  readonly #context: QueueContext<Body>;
  readonly #maxMessageBytes: number;

  constructor(partitions: Partitions<Body>, maxMessageBytes: number) {
    this.#context = partitions.known[0] as QueueContext<Body>;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Sets a schedule. One that is set like this already stays as it is, so every process may set it when it starts. A
   * changed one has its next tick at the next of its new times from now on; if only what is sent has changed, the next tick
   * stays. A paused one stays paused. `everyMs` goes on to count from when the schedule was set first, and `limit` counts all
   * ticks since then.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, MessageTooLargeError: nothing was set.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, when Redis cannot be asked.
   */
  async set(name: string, options: ScheduleOptions<Input>): Promise<Schedule<Body>> {
    checkedScheduleName(name);
    const spec = checkedSchedule(options);
    const { codec, schema } = this.#context;
    const { body } = options;
    const encoded = encodeBody(codec, body);
    if (schema) await validate(schema, body);
    const bytes = encodeSpec(spec, encoded);
    refuseTooLarge(bytes, this.#maxMessageBytes);
    return this.#context.firstUse.before({}, () => this.#set(name, spec, bytes));
  }

  async #set(name: string, spec: ScheduleSpec, bytes: Buffer): Promise<Schedule<Body>> {
    for (;;) {
      const { now, found, schedule } = await this.#find(name);
      if (schedule && found.equals(bytes)) return scheduleOf(this.#context, schedule);
      const state = schedule?.state ?? { version: 0, origin: now, next: null, ticks: 0 };
      const isKept = state.paused || (schedule && isSameTiming(schedule.spec, spec));
      const next = isKept ? state.next : nextOf({ spec, state }, now);
      const expected = schedule?.stateText ?? '';
      if (await this.#write(name, expected, { ...state, next }, bytes)) {
        return scheduleOf(this.#context, (await this.#existing(name)).schedule);
      }
    }
  }

  /** The schedule of this name; undefined if there is none. */
  async get(name: string): Promise<Schedule<Body> | undefined> {
    checkedScheduleName(name);
    const { schedule } = await this.#find(name);
    return schedule && scheduleOf(this.#context, schedule);
  }

  /** All schedules, by their names. Those that are set or removed meanwhile may be missing. */
  async list(): Promise<Schedule<Body>[]> {
    const { connection, keys } = this.#context;
    const names = new Set<string>();
    let cursor = '0';
    do {
      const args = [keys.scheduleStates, cursor, 'COUNT', pageSize];
      const [next, fields] = (await connection.call('HSCAN', args)) as [Buffer, Buffer[]];
      for (let at = 0; at < fields.length; at += 2) names.add(String(fields[at]));
      cursor = String(next);
    } while (cursor !== '0');
    const sorted = [...names].sort();
    const all: Schedule<Body>[] = [];
    for (let at = 0; at < sorted.length; ) {
      const page = sorted.slice(at, at + pageSize);
      const { found } = await connection.run(readSchedules, { keys, names: page });
      for (const [i, { spec, state }] of found.entries()) {
        if (state === '') continue;
        const schedule = readSchedule(page[i] as string, spec, state);
        all.push(await scheduleOf(this.#context, schedule));
      }
      at += found.length;
    }
    return all;
  }

  /** Removes a schedule. Messages that it has sent stay. Resolves to false when there was none of this name. */
  remove(name: string): Promise<boolean> {
    checkedScheduleName(name);
    const { connection, keys } = this.#context;
    return connection.run(removeSchedule, { keys, name });
  }

  /**
   * Pauses a schedule: it has no ticks until it is resumed. Resolves to false when it was paused already.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  pause(name: string): Promise<boolean> {
    return this.#change(name, ({ state }) =>
      state.paused ? undefined : { ...state, paused: true, next: null },
    );
  }

  /**
   * Ends the pause of a schedule: its next tick is the next of its times from now on. Resolves to false when it was not
   * paused.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  resume(name: string): Promise<boolean> {
    return this.#change(name, (schedule, now) => {
      const { paused, ...state } = schedule.state;
      return paused && { ...state, next: nextOf(schedule, now) };
    });
  }

  /**
   * Sends a message of the schedule now, beside its ticks: also if it is paused or has ended. Resolves to the id of the
   * message, `<name>@run-<unique text>`; undefined when it was not sent, because an earlier one is not done (`overlap`).
   *
   * @throws InvalidArgumentError when there is none of this name.
   * @throws KeyFullError when as many messages of its key wait as may: nothing was sent.
   */
  async runNow(name: string): Promise<string | undefined> {
    const { connection, keys } = this.#context;
    for (;;) {
      const { schedule, now } = await this.#existing(name);
      const { stateText, state } = schedule;
      const id = `${name}@run-${newId()}`;
      const ticked = {
        name,
        expected: stateText,
        state: stateText,
        next: state.next ?? undefined,
        onceKey: overlapKey(schedule),
        key: schedule.spec.key,
        messages: [scheduledMessage(schedule, id, now)],
      };
      const [result] = await connection.run(sendTicks, { keys, schedules: [ticked] });
      if (result === 'refused') {
        throw new KeyFullError({ queue: this.#context.name, key: schedule.spec.key ?? '' });
      }
      if (result !== 'late') return result === 'sent' ? id : undefined;
    }
  }

  /**
   * The times of the next `count` ticks, 1 to 1000 (default 1). Fewer, if the schedule ends before. Those of a paused one
   * are the times that it would have.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  async next(name: string, count = 1): Promise<Date[]> {
    wholeNumber('count', count, { min: 1, max: mostNext });
    const { schedule, now } = await this.#existing(name);
    const { spec, state } = schedule;
    const most = Math.min(count, (spec.limit ?? Number.POSITIVE_INFINITY) - state.ticks);
    const times: Date[] = [];
    let next = (state.paused ? nextOf(schedule, now) : state.next) ?? undefined;
    while (next !== undefined && times.length < most) {
      times.push(new Date(next));
      next = tickAfter(spec, state.origin, next);
    }
    return times;
  }

  async #find(name: string): Promise<{ now: number; found: Buffer; schedule?: StoredSchedule }> {
    const { connection, keys } = this.#context;
    const { now, found } = await connection.run(readSchedules, { keys, names: [name] });
    const { spec = Buffer.alloc(0), state = '' } = found[0] ?? {};
    if (state === '') return { now, found: spec };
    return { now, found: spec, schedule: readSchedule(name, spec, state) };
  }

  async #existing(name: string): Promise<{ now: number; schedule: StoredSchedule }> {
    checkedScheduleName(name);
    const { now, schedule } = await this.#find(name);
    if (schedule) return { now, schedule };
    throw new InvalidArgumentError(
      `The queue ${this.#context.name} has no schedule ${shown(name)}`,
    );
  }

  async #change(
    name: string,
    changed: (schedule: StoredSchedule, now: number) => ScheduleState | undefined,
  ): Promise<boolean> {
    for (;;) {
      const { schedule, now } = await this.#existing(name);
      const state = changed(schedule, now);
      if (!state) return false;
      if (await this.#write(name, schedule.stateText, state)) return true;
    }
  }

  /** @param expected the state that was read. If it is another one by now, nothing is written. */
  #write(
    name: string,
    expected: string,
    { next, ...rest }: ScheduleState,
    spec?: Buffer,
  ): Promise<boolean> {
    const { connection, keys } = this.#context;
    const state = JSON.stringify({ ...rest, next, version: rest.version + 1 });
    return connection.run(writeSchedule, { keys, name, expected, spec, state, next });
  }
}

/** The next tick from now on, after all that were; null if there is none. */
function nextOf(
  { spec, state }: Pick<StoredSchedule, 'spec' | 'state'>,
  now: number,
): number | null {
  if (spec.limit !== undefined && state.ticks >= spec.limit) return null;
  return tickAfter(spec, state.origin, Math.max(now, state.last ?? 0)) ?? null;
}
