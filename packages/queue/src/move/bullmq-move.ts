import {
  type Codec,
  type Connection,
  InvalidArgumentError,
  isRedpostError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
} from '@redpost/core';
import { entriesOf, NameIndex } from '@redpost/core/consuming';
import { Pace } from '../admin/pace.js';
import { queueKeys } from '../keys.js';
import { inCalls } from '../message/in-calls.js';
import type { Queue } from '../queue.js';
import { checkedSchedule, checkedScheduleName } from '../schedule/schedule-options.js';
import { type ImportedMessage, importMessages } from '../scripts/import.js';
import { newId } from '../sending/message-id.js';
import { type JobReading, type MapJob, messageOf, type TakenJob } from './bullmq-job.js';
import { type BullMQKeys, bullMQKeys } from './bullmq-keys.js';
import { type FoundScheduler, scheduleOf } from './bullmq-scheduler.js';
import { confirmJobs, keepMs } from './scripts/confirm-jobs.js';
import { holdScheduler } from './scripts/hold-scheduler.js';
import { type MovedState, takeJobs } from './scripts/take-jobs.js';

/** How jobs of BullMQ are moved. */
export interface MoveFromBullMQOptions {
  /** The Redis that both are in. */
  connection: Connection;
  /** The prefix of the queue of BullMQ. Default `'bull'`. */
  prefix?: string | undefined;
  /** What each job becomes. Default: its data is the body; see {@link MappedJob} for all else. */
  map?: MapJob | undefined;
  /** How bodies that `map` returns become bytes: the codec of the queue. Default `json()`. */
  codec?: Codec | undefined;
  /** The time zone of patterns that name none. BullMQ uses that of its process. Default: that of this process. */
  timeZone?: string | undefined;
  /** Counts what would be moved, and changes nothing. Default false. */
  dryRun?: boolean | undefined;
  /** How many jobs are moved per second at most, more than 0. Default: as fast as Redis does it. */
  ratePerSecond?: number | undefined;
  /** Ends it early. The same call goes on later. */
  signal?: AbortSignal | undefined;
  /** Called after each part. */
  onProgress?: ((progress: MoveProgress) => void) | undefined;
}

/** How far a move has come. */
export interface MoveProgress {
  /** How many jobs were moved. */
  readonly moved: number;
  /** How many jobs there were to be moved when it began, those that are left included. */
  readonly of: number;
}

/** What a move has done. */
export interface MoveFromBullMQResult {
  /** True with `dryRun`: nothing was changed. */
  readonly isDryRun: boolean;
  /** How many there were of each; with `dryRun`, how many there would be. `waiting` counts those of a paused queue, too. */
  readonly moved: {
    readonly waiting: number;
    readonly prioritized: number;
    readonly delayed: number;
    readonly failed: number;
    readonly schedulers: number;
  };
  /** What BullMQ still has. */
  readonly left: {
    /** Jobs that workers have: let them end, and move again for those that fail or are retried. */
    readonly active: number;
    /** Completed jobs. These stay. */
    readonly completed: number;
    /** Jobs that are part of a flow: let BullMQ end them. */
    readonly flows: number;
    /** Schedulers that cannot become schedules, and why. */
    readonly schedulers: readonly { readonly id: string; readonly reason: string }[];
  };
  /** True when the queue was paused in BullMQ. Then the queue of redpost was paused before anything was moved. */
  readonly isPaused: boolean;
  /** True when the signal has ended it. */
  readonly isInterrupted: boolean;
}

const optionNames: NamesOf<MoveFromBullMQOptions> = {
  connection: true,
  prefix: true,
  map: true,
  codec: true,
  timeZone: true,
  dryRun: true,
  ratePerSecond: true,
  signal: true,
  onProgress: true,
};

/** How many jobs one script takes: it holds up everything else meanwhile. */
const perTake = 500;
/** How many jobs are read at a time. */
const perImport = 250;

const states: readonly MovedState[] = ['paused', 'waiting', 'prioritized', 'delayed', 'failed'];

/**
 * Moves the jobs and the job schedulers of a queue of BullMQ 5 or 6 to a queue.
 *
 * Jobs that wait become messages in the same order, those with a priority among them; delayed ones are due when they were due; failed
 * ones become dead letters; and schedulers become schedules. Attempts are kept. What workers have, completed jobs and flows are left.
 *
 * Each job is moved once: it is taken away from BullMQ, so no worker finds it any more, and then imported, and the queue
 * knows what it has imported. So the process may die at any point, and any number of them may run: call it again, and it goes on. BullMQ may run
 * meanwhile. What was moved is kept under `<prefix>:<queue>:redpost:` for a day.
 *
 * ```ts
 * const { moved, left } = await moveFromBullMQ('emails', new Queue('emails', { connection }), { connection });
 * ```
 *
 * @param name of the queue of BullMQ.
 * @param to the queue that they are moved to.
 * @throws InvalidArgumentError for an option that cannot work, or a queue that BullMQ does not have.
 * @throws what `map` and the codec throw, and what calls of Redis reject with. What was moved until then stays so.
 */
export async function moveFromBullMQ<Body, Input>(
  name: string,
  to: Queue<Body, Input>,
  options: MoveFromBullMQOptions,
): Promise<MoveFromBullMQResult> {
  return new BullMQMove(name, to as unknown as Queue, options).run();
}

class BullMQMove {
  readonly #name: string;
  readonly #to: Queue;
  readonly #options: MoveFromBullMQOptions;
  readonly #connection: Connection;
  readonly #keys: BullMQKeys;
  readonly #reading: JobReading;
  readonly #timeZone: string;
  readonly #isDry: boolean;
  readonly #pace: Pace;
  readonly #index: NameIndex;
  readonly #moved = { waiting: 0, prioritized: 0, delayed: 0, failed: 0, schedulers: 0 };
  readonly #leftSchedulers: { id: string; reason: string }[] = [];
  readonly #flows = new Map<MovedState, number>();
  #of = 0;

  constructor(name: string, to: Queue, options: MoveFromBullMQOptions) {
    refuseUnknownOptions('moveFromBullMQ()', options, optionNames);
    const { prefix = 'bull', map, codec = json(), ratePerSecond, dryRun = false } = options;
    for (const [what, text] of Object.entries({ 'the name of the queue': name, prefix })) {
      if (typeof text === 'string' && text !== '') continue;
      throw new InvalidArgumentError(`${what} must be a non-empty string, got ${shown(text)}`);
    }
    if (map !== undefined && typeof map !== 'function') {
      throw new InvalidArgumentError(`map is a function, got ${shown(map)}`);
    }
    if (ratePerSecond !== undefined && !(ratePerSecond > 0 && Number.isFinite(ratePerSecond))) {
      throw new InvalidArgumentError(
        `ratePerSecond must be a number above 0, got ${shown(ratePerSecond)}`,
      );
    }
    this.#name = name;
    this.#to = to;
    this.#options = options;
    this.#connection = options.connection;
    this.#keys = bullMQKeys(prefix, name);
    this.#reading = { base: this.#keys.base, map, codec };
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#isDry = dryRun;
    this.#pace = new Pace(ratePerSecond, options.signal);
    this.#index = new NameIndex(options.connection, 'queues');
  }

  async run(): Promise<MoveFromBullMQResult> {
    const isPaused = await this.#readMeta();
    this.#of = await this.#countJobs();
    if (isPaused && !this.#isDry) await this.#pause();
    // A scheduler makes its next job when a worker takes the one before, which must not be gone by then.
    await this.#moveSchedulers();
    if (!this.#isDry) await this.#importTaken();
    for (const state of states) await this.#moveState(state);
    return {
      isDryRun: this.#isDry,
      moved: { ...this.#moved },
      left: {
        active: await this.#number('LLEN', this.#keys.active),
        completed: await this.#number('ZCARD', this.#keys.completed),
        flows:
          sum(this.#flows.values()) + (await this.#number('ZCARD', this.#keys.waitingChildren)),
        schedulers: this.#leftSchedulers,
      },
      isPaused,
      isInterrupted: this.#options.signal?.aborted ?? false,
    };
  }

  /** Resolves to whether the queue is paused. @throws InvalidArgumentError if there is none. */
  async #readMeta(): Promise<boolean> {
    const { meta, move, base } = this.#keys;
    if ((await this.#number('EXISTS', meta)) + (await this.#number('EXISTS', move)) === 0) {
      throw new InvalidArgumentError(
        `There is no queue ${shown(this.#name)} of BullMQ in this Redis: the key ${shown(`${base}meta`)} ` +
          'does not exist. Its options may say another prefix, or another database',
      );
    }
    return (await this.#connection.call('HEXISTS', [meta, 'paused'])) === 1;
  }

  async #countJobs(): Promise<number> {
    const { wait, paused, prioritized, delayed, failed } = this.#keys;
    const counts = await Promise.all([
      this.#number('LLEN', wait),
      this.#number('LLEN', paused),
      this.#number('ZCARD', prioritized),
      this.#number('ZCARD', delayed),
      this.#number('ZCARD', failed),
    ]);
    return sum(counts);
  }

  async #number(command: string, key: string): Promise<number> {
    return (await this.#connection.call(command, [key])) as number;
  }

  async #pause(): Promise<void> {
    const { paused } = await this.#to.stats();
    if (!paused) await this.#to.pause({ reason: 'The queue was paused in BullMQ' });
  }

  // Jobs

  async #moveState(state: MovedState): Promise<void> {
    // While BullMQ runs, what is left may go, and what is behind it may be passed over: so until a pass finds nothing.
    for (;;) {
      let [skip, taken] = [0, 0];
      this.#flows.set(state, 0);
      for (;;) {
        if (!(await this.#pace.mayGoOn(this.#movedJobs))) return;
        const part = await this.#take(state, skip);
        if (part.examined === 0) break;
        this.#flows.set(state, (this.#flows.get(state) ?? 0) + part.flows);
        taken += part.taken;
        skip += this.#isDry ? part.examined : part.flows + part.scheduled;
        if (this.#isDry) this.#countMoved(state, part.taken);
        else await this.#importTaken();
      }
      if (taken === 0 || this.#isDry) return;
    }
  }

  #take(state: MovedState, skip: number) {
    const count = this.#pace.partOf(perTake);
    const input = { keys: this.#keys, state, token: newId(), skip, count, isDry: this.#isDry };
    return this.#connection.run(takeJobs, input);
  }

  /** Imports what was taken, also by a process that has died. */
  async #importTaken(): Promise<void> {
    for (;;) {
      const [token, imported] = (await this.#connection.call('HMGET', [
        this.#keys.move,
        'token',
        'imported',
      ])) as (Buffer | null)[];
      if (!token) return;
      const jobs = await this.#readTaken(await this.#takenAfter(String(imported), perImport));
      if (jobs.length === 0) return;
      for (const part of inCalls(jobs, ({ message }) => message.element))
        await this.#import(String(token), part);
    }
  }

  async #takenAfter(entry: string, limit: number) {
    return entriesOf(this.#connection, {
      stream: this.#keys.taken,
      from: `(${entry}`,
      to: '+',
      limit,
    });
  }

  async #readTaken(entries: Awaited<ReturnType<typeof entriesOf>>): Promise<Taken[]> {
    const { own } = this.#keys;
    const read = entries.map(async ([entryId, fields]) => {
      const [entry, noted] = [String(entryId), pairs(fields)];
      const hash = pairs(
        (await this.#connection.call('HGETALL', [`${own}job:${entry}`])) as Buffer[],
      );
      const text = (field: string) => String(noted.get(field) ?? '');
      const job: TakenJob = {
        entry,
        state: text('state') as MovedState,
        id: text('id'),
        score: text('score'),
        hash,
      };
      return { state: job.state, message: messageOf(job, this.#reading) };
    });
    return Promise.all(read);
  }

  async #import(token: string, part: readonly Taken[]): Promise<void> {
    const messages = part.map(({ message }) => message);
    const source = `${token}:${this.#keys.base.slice(0, -1)}`;
    await this.#connection.run(importMessages, {
      keys: queueKeys(this.#to.name),
      source,
      messages,
    });
    this.#index.note(this.#to.name);
    const entries = messages.map(({ entry }) => entry);
    await this.#connection.run(confirmJobs, { keys: this.#keys, entries });
    for (const { state } of part) this.#countMoved(state, 1);
    this.#options.onProgress?.({ moved: this.#movedJobs, of: this.#of });
  }

  #countMoved(state: MovedState, count: number): void {
    this.#moved[state === 'paused' ? 'waiting' : state] += count;
  }

  get #movedJobs(): number {
    const { schedulers, ...jobs } = this.#moved;
    return sum(Object.values(jobs));
  }

  // Schedulers

  async #moveSchedulers(): Promise<void> {
    const { schedulers, heldSchedulers } = this.#keys;
    for (const id of await this.#texts('SMEMBERS', heldSchedulers)) await this.#setHeld(id);
    for (const id of await this.#texts('ZRANGE', schedulers, 0, -1)) {
      if (this.#options.signal?.aborted) return;
      const reason = await this.#reasonAgainst(id);
      if (reason !== undefined) {
        this.#leftSchedulers.push({ id, reason });
      } else if (this.#isDry) {
        this.#moved.schedulers += 1;
      } else if (await this.#connection.run(holdScheduler, { keys: this.#keys, id })) {
        await this.#setHeld(id);
      }
    }
  }

  /** Why this scheduler cannot become a schedule; undefined if it can. */
  async #reasonAgainst(id: string): Promise<string | undefined> {
    const { schedulers } = this.#keys;
    const hash = await this.#hash(`${schedulers}:${id}`);
    const next = Number(await this.#connection.call('ZSCORE', [schedulers, id]));
    try {
      checkedScheduleName(id);
      const schedule = this.#scheduleOf({ id, next, hash, hasNextJob: true });
      if (schedule) checkedSchedule(schedule);
    } catch (error) {
      if (isRedpostError(error, 'INVALID_ARGUMENT')) return (error as Error).message;
      throw error;
    }
    if ((await this.#to.schedules.get(id)) === undefined) return undefined;
    return `the queue ${shown(this.#to.name)} has a schedule of this name`;
  }

  #scheduleOf(found: FoundScheduler) {
    return scheduleOf(found, { map: this.#reading.map, timeZone: this.#timeZone });
  }

  /** Sets the schedule of a scheduler that BullMQ does not have any more. What is set so already stays as it is. */
  async #setHeld(id: string): Promise<void> {
    const { own, heldSchedulers } = this.#keys;
    const key = `${own}scheduler:${id}`;
    const hash = await this.#hash(key);
    const schedule = this.#scheduleOf({
      id,
      next: Number(String(hash.get('redpost:next'))),
      hash,
      hasNextJob: String(hash.get('redpost:dropped')) === '1',
    });
    if (schedule) await this.#to.schedules.set(id, schedule as never);
    await this.#connection.call('PEXPIRE', [key, keepMs]);
    await this.#connection.call('SREM', [heldSchedulers, id]);
    this.#moved.schedulers += 1;
  }

  async #hash(key: string): Promise<Map<string, Buffer>> {
    return pairs((await this.#connection.call('HGETALL', [key])) as Buffer[]);
  }

  async #texts(command: string, ...args: (string | number)[]): Promise<string[]> {
    return ((await this.#connection.call(command, args)) as Buffer[]).map(String);
  }
}

interface Taken {
  state: MovedState;
  message: ImportedMessage;
}

function pairs(fields: readonly Buffer[]): Map<string, Buffer> {
  const map = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2)
    map.set(String(fields[at]), fields[at + 1] as Buffer);
  return map;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
