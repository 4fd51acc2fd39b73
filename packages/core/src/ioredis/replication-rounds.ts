import { mayBeTooLarge } from '../codecs/message-size.js';
import type { CallOptions } from '../connection/connection.js';
import { isError } from '../error-text.js';
import {
  ConnectionError,
  isRedpostError,
  NotReplicatedError,
  type RedpostError,
  TimeoutError,
} from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import { clearTimeout, nextTick, performance, setTimeout } from '../runtime/timers.js';
import type { Link } from './link.js';
import { timerMs } from './timer-ms.js';
import { mayResend } from './translate-error.js';

export interface ReplicatedWrite {
  command: string;
  args: readonly Argument[];
  /** The first of the keys it writes to. */
  key: string;
  /** See {@link CallOptions.line}. */
  line: string | undefined;
  /** How many replicas have to confirm it. */
  replicas: number;
  /** When to give up, by `performance.now()`. */
  deadline: number;
}

interface WaitingWrite extends ReplicatedWrite {
  isSent: boolean;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** Each of them may be a batch of messages. */
const writesPerRound = 256;

/**
 * Sends writes to one server in rounds, one after the other: the writes that come while replicas are waited
 * for are sent together, followed by a single `WAIT`.
 */
export class ReplicationRounds {
  readonly #link: Link;
  readonly #address: string;
  #waiting: WaitingWrite[] = [];
  #isBusy = false;

  constructor(link: Link, address: string) {
    this.#link = link;
    this.#address = address;
  }

  add(write: ReplicatedWrite): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(waiting), timerMs(write.deadline));
      const waiting: WaitingWrite = {
        isSent: false,
        resolve(reply) {
          clearTimeout(timer);
          resolve(reply);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
        ...write,
      };
      this.#waiting.push(waiting);
      // Other writes of this tick are sent in the same round.
      if (!this.#isBusy) nextTick(() => void this.#run());
      this.#isBusy = true;
    });
  }

  #expire(write: WaitingWrite): void {
    this.#waiting = this.#waiting.filter((other) => other !== write);
    const { command, isSent } = write;
    const message = isSent
      ? `Redis at ${this.#address} did not answer ${command} in time`
      : `${command} was not sent to Redis at ${this.#address}, where replicas keep earlier writes waiting`;
    write.reject(new TimeoutError(message, { outcome: isSent ? 'unknown' : 'not-executed' }));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#round(this.#next());
    this.#isBusy = false;
  }

  /** The oldest write, and those that ask for as many replicas; one that may be too large alone. */
  #next(): WaitingWrite[] {
    const replicas = this.#waiting[0]?.replicas;
    const alike = this.#waiting.filter((write) => write.replicas === replicas);
    const large = alike.findIndex(({ args }) => mayBeTooLarge(args));
    const count = large === -1 ? writesPerRound : Math.max(1, large);
    const next = new Set(alike.slice(0, Math.min(count, writesPerRound)));
    this.#waiting = this.#waiting.filter((write) => !next.has(write));
    return [...next];
  }

  async #round(writes: WaitingWrite[]): Promise<void> {
    if (!this.#link.isUp) {
      const message = `The connection to Redis at ${this.#address} was closed`;
      const error = new ConnectionError(message, { outcome: 'not-executed' });
      for (const { reject } of writes) reject(error);
      return;
    }
    for (const write of writes) write.isSent = true;
    const waitMs = waitMsFor(writes);
    this.#link.occupy(waitMs);
    const wait = { command: 'WAIT', args: [writes[0]?.replicas ?? 0, waitMs] };
    const answers = await this.#link.sendAll([...writes, wait]);
    const confirmed = answers.pop();
    writes.forEach((write, at) => {
      this.#conclude(write, answers[at] as Reply | RedpostError, confirmed);
    });
  }

  #conclude(write: WaitingWrite, answer: Reply | RedpostError, confirmed: unknown): void {
    const count = typeof confirmed === 'number' ? confirmed : 0;
    if (isRedpostError(answer)) this.#fail(write, answer);
    else if (count >= write.replicas) write.resolve(answer);
    else write.reject(this.#notReplicated(write, count, confirmed));
  }

  /** Writes that wait for the next round would overtake the writes that were refused in this one. */
  #fail(write: WaitingWrite, error: RedpostError): void {
    const { args, deadline, line, reject } = write;
    void this.#link.explained(error, args, deadline).then(reject);
    if (line === undefined || !mayResend(error)) return;
    const behind = this.#waiting.filter((other) => other.line === line);
    this.#waiting = this.#waiting.filter((other) => other.line !== line);
    for (const other of behind) other.reject(error);
  }

  #notReplicated(write: ReplicatedWrite, confirmed: number, answer: unknown): RedpostError {
    const { command, replicas } = write;
    const cause = isError(answer) ? answer : undefined;
    const why = cause ? ` (${cause.message})` : '';
    const advice = 'Its INFO replication tells which replicas it has: add some, or ask for fewer';
    return new NotReplicatedError(
      `Redis at ${this.#address} has executed ${command}, but ${confirmed} of ${replicas} replicas have confirmed it${why}. ${advice}`,
      { replicas, confirmed, cause },
    );
  }
}

/** For half of the time that is left: a write that comes meanwhile has its turn in time, too. */
function waitMsFor(writes: WaitingWrite[]): number {
  const mostUrgent = Math.min(...writes.map(({ deadline }) => deadline));
  return Math.max(1, Math.floor((mostUrgent - performance.now()) / 2));
}
