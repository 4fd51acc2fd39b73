import { encodeBody, refuseTooLarge, validate, wholeNumber } from '@redpost/core';
import type { QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import type { Schedule } from './schedule.js';
import { checkedSchedule, checkedScheduleName, type ScheduleOptions } from './schedule-options.js';
import { SchedulesOfList } from './schedules-of-list.js';
import { encodeSpec, type StoredSchedule } from './spec.js';

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
  readonly #partitions: Partitions;
  readonly #maxMessageBytes: number;

  constructor(partitions: Partitions, maxMessageBytes: number) {
    this.#partitions = partitions;
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
    const { codec, schema, firstUse } = this.#partitions.main as QueueContext<Body>;
    const { body } = options;
    const encoded = encodeBody(codec, body);
    if (schema) await validate(schema, body);
    const bytes = encodeSpec(spec, encoded);
    refuseTooLarge(bytes, this.#maxMessageBytes);
    return firstUse.before({}, async () => {
      const home = await this.#home(spec.key);
      const former = await this.#removedElsewhere(name, home);
      return new SchedulesOfList(home).set(name, spec, bytes, former);
    });
  }

  /** The schedule of this name; undefined if there is none. */
  async get(name: string): Promise<Schedule<Body> | undefined> {
    checkedScheduleName(name);
    return (await this.#having(name)).get(name);
  }

  /** All schedules, by their names. Those that are set or removed meanwhile may be missing. */
  async list(): Promise<Schedule<Body>[]> {
    const lists = await this.#partitions.all();
    const all = await Promise.all(
      lists.map((list) => new SchedulesOfList(list as QueueContext<Body>).list()),
    );
    return all.length === 1
      ? (all[0] as Schedule<Body>[])
      : all.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Removes a schedule. Messages that it has sent stay. Resolves to false when there was none of this name. */
  async remove(name: string): Promise<boolean> {
    checkedScheduleName(name);
    return (await this.#having(name)).remove(name);
  }

  /**
   * Pauses a schedule: it has no ticks until it is resumed. Resolves to false when it was paused already.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  async pause(name: string): Promise<boolean> {
    checkedScheduleName(name);
    return (await this.#having(name)).pause(name);
  }

  /**
   * Ends the pause of a schedule: its next tick is the next of its times from now on. Resolves to false when it was not
   * paused.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  async resume(name: string): Promise<boolean> {
    checkedScheduleName(name);
    return (await this.#having(name)).resume(name);
  }

  /**
   * Sends a message of the schedule now, beside its ticks: also if it is paused or has ended. Resolves to the id of the
   * message, `<name>@run-<unique text>`; undefined when it was not sent, because an earlier one is not done (`overlap`).
   *
   * @throws InvalidArgumentError when there is none of this name.
   * @throws KeyFullError when as many messages of its key wait as may: nothing was sent.
   */
  async runNow(name: string): Promise<string | undefined> {
    checkedScheduleName(name);
    return (await this.#having(name)).runNow(name);
  }

  /**
   * The times of the next `count` ticks, 1 to 1000 (default 1). Fewer, if the schedule ends before. Those of a paused one
   * are the times that it would have.
   *
   * @throws InvalidArgumentError when there is none of this name.
   */
  async next(name: string, count = 1): Promise<Date[]> {
    checkedScheduleName(name);
    wholeNumber('count', count, { min: 1, max: mostNext });
    return (await this.#having(name)).next(name, count);
  }

  /** The list that a schedule is in: that of the queue's name, or that of its key, because its messages are sent there in the same step. */
  async #home(key: string | undefined): Promise<QueueContext<Body>> {
    if (key !== undefined) return (await this.#partitions.listOf(key)) as QueueContext<Body>;
    const [first] = await this.#partitions.all();
    return first as QueueContext<Body>;
  }

  /** The list that has a schedule of this name; if none has, that of the queue's name. */
  async #having(name: string): Promise<SchedulesOfList<Body>> {
    const lists = (await this.#partitions.all()).map(
      (list) => new SchedulesOfList(list as QueueContext<Body>),
    );
    if (lists.length > 1) {
      const found = await Promise.all(lists.map((list) => list.stored(name)));
      const at = found.findIndex((schedule) => schedule !== undefined);
      if (at > 0) return lists[at] as SchedulesOfList<Body>;
    }
    return lists[0] as SchedulesOfList<Body>;
  }

  /** One whose key is another one now goes to another list. It is removed first, so that no tick is sent twice. */
  async #removedElsewhere(
    name: string,
    home: QueueContext<Body>,
  ): Promise<StoredSchedule | undefined> {
    let former: StoredSchedule | undefined;
    for (const list of await this.#partitions.all()) {
      if (list === home) continue;
      const schedules = new SchedulesOfList(list);
      former = (await schedules.stored(name)) ?? former;
      if (former) await schedules.remove(name);
    }
    return former;
  }
}
