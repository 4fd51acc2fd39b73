import {
  type Connection,
  InvalidArgumentError,
  isRedpostError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
} from '@redpost/core';
import type { Queue } from '../queue.js';
import { checkedSchedule, checkedScheduleName } from '../schedule/schedule-options.js';
import { type MapJob, messageOf } from './bullmq-job.js';
import { type BullMQKeys, bullMQKeys } from './bullmq-keys.js';
import { type FoundScheduler, scheduleOf } from './bullmq-scheduler.js';
import { JobMove } from './job-move.js';
import { checkMove, type JobMoveOptions, jobMoveOptionNames } from './job-move-options.js';
import type { MappedJob } from './mapped-job.js';
import { pairs } from './pairs.js';
import { keepMs } from './scripts/confirm-jobs.js';
import { holdScheduler } from './scripts/hold-scheduler.js';
import { type MovedState, takeJobs } from './scripts/take-jobs.js';

/** How jobs of BullMQ are moved. */
export interface MoveFromBullMQOptions extends JobMoveOptions {
  /** The prefix of the queue of BullMQ. Default `'bull'`. */
  prefix?: string | undefined;
  /** What each job becomes. Default: its data is the body; see {@link MappedJob} for all else. */
  map?: MapJob | undefined;
  /** The time zone of patterns that name none. BullMQ uses that of its process. Default: that of this process. */
  timeZone?: string | undefined;
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
  ...jobMoveOptionNames,
  prefix: true,
  map: true,
  timeZone: true,
};

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
  readonly #timeZone: string;
  readonly #isDry: boolean;
  readonly #jobs: JobMove<MovedState>;
  readonly #leftSchedulers: { id: string; reason: string }[] = [];
  #movedSchedulers = 0;

  constructor(name: string, to: Queue, options: MoveFromBullMQOptions) {
    refuseUnknownOptions('moveFromBullMQ()', options, optionNames);
    const { prefix = 'bull', map, codec = json(), dryRun = false } = options;
    checkMove(name, prefix, options);
    const keys = bullMQKeys(prefix, name);
    const reading = { base: keys.base, map, codec };
    this.#name = name;
    this.#to = to;
    this.#options = options;
    this.#connection = options.connection;
    this.#keys = keys;
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#isDry = dryRun;
    this.#jobs = new JobMove({ keys, to, options, messageOf: (job) => messageOf(job, reading) });
  }

  async run(): Promise<MoveFromBullMQResult> {
    const isPaused = await this.#readMeta();
    const of = await this.#countJobs();
    if (isPaused && !this.#isDry) await this.#pause();
    // A scheduler makes its next job when a worker takes the one before, which must not be gone by then.
    await this.#moveSchedulers();
    await this.#jobs.begin(of);
    const flows = await this.#moveJobs();
    return {
      isDryRun: this.#isDry,
      moved: {
        waiting: this.#jobs.movedOf('paused', 'waiting'),
        prioritized: this.#jobs.movedOf('prioritized'),
        delayed: this.#jobs.movedOf('delayed'),
        failed: this.#jobs.movedOf('failed'),
        schedulers: this.#movedSchedulers,
      },
      left: {
        active: await this.#number('LLEN', this.#keys.active),
        completed: await this.#number('ZCARD', this.#keys.completed),
        flows: flows + (await this.#number('ZCARD', this.#keys.waitingChildren)),
        schedulers: this.#leftSchedulers,
      },
      isPaused,
      isInterrupted: this.#jobs.isInterrupted,
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

  /** Resolves to how many jobs are left because they are part of a flow. */
  async #moveJobs(): Promise<number> {
    const { jobs, keys, isDry } = { jobs: this.#jobs, keys: this.#keys, isDry: this.#isDry };
    let left = 0;
    for (const state of states) {
      const parts = await jobs.moveState(state, (part) =>
        this.#connection.run(takeJobs, { keys, state, part, isDry }),
      );
      left += sum(parts.map(({ flows }) => flows));
    }
    return left;
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
        this.#movedSchedulers += 1;
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
    return scheduleOf(found, { map: this.#options.map, timeZone: this.#timeZone });
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
    this.#movedSchedulers += 1;
  }

  async #hash(key: string): Promise<Map<string, Buffer>> {
    return pairs((await this.#connection.call('HGETALL', [key])) as Buffer[]);
  }

  async #texts(command: string, ...args: (string | number)[]): Promise<string[]> {
    return ((await this.#connection.call(command, args)) as Buffer[]).map(String);
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
