import { InvalidArgumentError, shown } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { readSchedules } from '../scripts/read-schedules.js';
import { removeSchedule } from '../scripts/remove-schedule.js';
import { sendTicks } from '../scripts/send-ticks.js';
import { writeSchedule } from '../scripts/write-schedule.js';
import { KeyFullError } from '../sending/errors.js';
import { newId } from '../sending/message-id.js';
import { type Schedule, scheduleOf } from './schedule.js';
import {
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

/** The schedules in one list of a queue. */
export class SchedulesOfList<Body = unknown> {
  readonly #context: QueueContext<Body>;

  constructor(context: QueueContext<Body>) {
    this.#context = context;
  }

  /**
   * Sets a schedule.
   *
   * @param former what it was in another list, where it was removed.
   */
  async set(
    name: string,
    spec: ScheduleSpec,
    bytes: Buffer,
    former?: StoredSchedule,
  ): Promise<Schedule<Body>> {
    for (;;) {
      const { now, found, schedule } = await this.#find(name);
      if (schedule && found.equals(bytes)) return scheduleOf(this.#context, schedule);
      const known = schedule ?? former;
      const state = known?.state ?? { version: 0, origin: now, next: null, ticks: 0 };
      const isKept = state.paused || (known && isSameTiming(known.spec, spec));
      const next = isKept ? state.next : nextOf({ spec, state }, now);
      const expected = schedule?.stateText ?? '';
      if (await this.#write(name, expected, { ...state, next }, bytes)) {
        return scheduleOf(this.#context, (await this.#existing(name)).schedule);
      }
    }
  }

  /** What it is set to; undefined if there is none of this name. */
  async stored(name: string): Promise<StoredSchedule | undefined> {
    return (await this.#find(name)).schedule;
  }

  /** See `DeclaredSchedules`, as of all that follows. */
  async get(name: string): Promise<Schedule<Body> | undefined> {
    const { schedule } = await this.#find(name);
    return schedule && scheduleOf(this.#context, schedule);
  }

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

  remove(name: string): Promise<boolean> {
    const { connection, keys } = this.#context;
    return connection.run(removeSchedule, { keys, name });
  }

  pause(name: string): Promise<boolean> {
    return this.#change(name, ({ state }) =>
      state.paused ? undefined : { ...state, paused: true, next: null },
    );
  }

  resume(name: string): Promise<boolean> {
    return this.#change(name, (schedule, now) => {
      const { paused, ...state } = schedule.state;
      return paused && { ...state, next: nextOf(schedule, now) };
    });
  }

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

  async next(name: string, count: number): Promise<Date[]> {
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
