import type { Connection } from '@redpost/core';
import { entriesOf, NameIndex, Pace } from '@redpost/core/consuming';
import { FirstUse } from '../foreign/first-use.js';
import { queueKeys } from '../keys.js';
import { inCalls } from '../message/in-calls.js';
import type { Queue } from '../queue.js';
import { type ImportedMessage, importMessages } from '../scripts/import.js';
import { newId } from '../sending/message-id.js';
import type { JobMoveOptions } from './job-move-options.js';
import type { MoveKeys } from './move-keys.js';
import { pairs } from './pairs.js';
import { confirmJobs } from './scripts/confirm-jobs.js';
import type { TakenJob } from './taken-job.js';

/** How many jobs one script takes: it holds up everything else meanwhile. */
const perTake = 500;
/** How many jobs are read at a time. */
const perImport = 250;

/** What one script takes. */
export interface Part {
  /** Names the stream of what is taken, if it is new. */
  token: string;
  /** How many to pass over: those that were left before. */
  skip: number;
  /** How many to look at. */
  count: number;
}

/** What one script has taken. */
export interface PartTaken {
  examined: number;
  taken: number;
  /** How many of them are left where they are. */
  passed: number;
}

export interface JobMoveHost<State extends string> {
  keys: MoveKeys;
  to: Queue;
  options: JobMoveOptions;
  /** A job that was taken as a message. What it throws ends the move. */
  messageOf(job: TakenJob<State>): ImportedMessage;
}

/**
 * The jobs of one queue of another system on their way to a queue, each once.
 *
 * A script takes some of them away from the other system, and notes them in the stream `taken`. From there they are imported:
 * the queue knows the last entry that it has, so it does not matter how often that is tried, by whom, or who dies in between.
 */
export class JobMove<State extends string> {
  readonly #host: JobMoveHost<State>;
  readonly #connection: Connection;
  readonly #pace: Pace;
  readonly #index: NameIndex;
  readonly #isDry: boolean;
  readonly #moved = new Map<State, number>();
  #of = 0;

  constructor(host: JobMoveHost<State>) {
    const { connection, ratePerSecond, signal, dryRun = false } = host.options;
    this.#host = host;
    this.#connection = connection;
    this.#isDry = dryRun;
    this.#pace = new Pace(ratePerSecond, signal);
    this.#index = new NameIndex(connection, 'queues');
  }

  get isInterrupted(): boolean {
    return this.#host.options.signal?.aborted ?? false;
  }

  /** How many of these states were moved; in a dry run, how many would be. */
  movedOf(...states: readonly State[]): number {
    return states.reduce((sum, state) => sum + (this.#moved.get(state) ?? 0), 0);
  }

  /**
   * Before the first part.
   *
   * @param of how many jobs there are.
   */
  async begin(of: number): Promise<void> {
    this.#of = of;
    if (this.#isDry) return;
    const firstUse = new FirstUse(this.#connection, this.#host.to.name, false);
    await firstUse.before({}, () => this.#importTaken());
  }

  /**
   * Moves all jobs of a state. While the other system runs, what is left may go, and what is behind it may be passed over: so
   * until a pass finds nothing.
   *
   * @param take takes some of them; in a dry run, only counts them.
   * @returns what the calls of the last pass have found.
   */
  async moveState<Found extends PartTaken>(
    state: State,
    take: (part: Part) => Promise<Found>,
  ): Promise<readonly Found[]> {
    for (;;) {
      const found: Found[] = [];
      let [skip, taken] = [0, 0];
      for (;;) {
        if (!(await this.#pace.mayGoOn(this.#movedJobs))) return found;
        const part = await take({ token: newId(), skip, count: this.#pace.partOf(perTake) });
        if (part.examined === 0) break;
        found.push(part);
        taken += part.taken;
        skip += this.#isDry ? part.examined : part.passed;
        if (this.#isDry) this.countMoved(state, part.taken);
        else await this.#importTaken();
      }
      if (taken === 0 || this.#isDry) return found;
    }
  }

  /** Notes jobs that were moved, or would be. */
  countMoved(state: State, count: number): void {
    this.#moved.set(state, this.movedOf(state) + count);
  }

  get #movedJobs(): number {
    return this.movedOf(...this.#moved.keys());
  }

  /** Imports what was taken, also by a process that has died. */
  async #importTaken(): Promise<void> {
    const { move, taken } = this.#host.keys;
    for (;;) {
      const [token, imported] = (await this.#connection.call('HMGET', [
        move,
        'token',
        'imported',
      ])) as (Buffer | null)[];
      if (!token) return;
      const entries = await entriesOf(this.#connection, {
        stream: taken,
        from: `(${String(imported)}`,
        to: '+',
        limit: perImport,
      });
      if (entries.length === 0) return;
      const jobs = await Promise.all(entries.map(([entry, noted]) => this.#read(entry, noted)));
      for (const part of inCalls(jobs, ({ message }) => message.element))
        await this.#import(String(token), part);
    }
  }

  async #read(entryId: Buffer, fields: readonly Buffer[]): Promise<Taken<State>> {
    const { keys } = this.#host;
    const [entry, noted] = [String(entryId), pairs(fields)];
    const key = `${keys.own}job:${entry}`;
    const hash = pairs((await this.#connection.call('HGETALL', [key])) as Buffer[]);
    const text = (field: string) => String(noted.get(field) ?? '');
    const state = text('state') as State;
    const job = { entry, state, id: text('id'), score: text('score'), hash };
    return { state, message: this.#host.messageOf(job) };
  }

  async #import(token: string, part: readonly Taken<State>[]): Promise<void> {
    const { keys, to, options } = this.#host;
    const messages = part.map(({ message }) => message);
    const source = `${token}:${keys.base.slice(0, -1)}`;
    await this.#connection.run(importMessages, { keys: queueKeys(to.name), source, messages });
    this.#index.note(to.name);
    const entries = messages.map(({ entry }) => entry);
    await this.#connection.run(confirmJobs, { keys, entries });
    for (const { state } of part) this.countMoved(state, 1);
    options.onProgress?.({ moved: this.#movedJobs, of: this.#of });
  }
}

interface Taken<State> {
  state: State;
  message: ImportedMessage;
}
