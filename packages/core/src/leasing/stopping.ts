import { within } from '../consuming/within.js';
import { asError, isRedpostError } from '../errors.js';
import { longestTimerMs, wholeNumber } from '../options/check.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import { Deadline } from './deadline.js';

/** How a consumer stops. */
export interface StopOptions {
  /** How long handlers may take to finish, in ms. Default 10 000. */
  timeoutMs?: number | undefined;
}

const optionNames: NamesOf<StopOptions> = { timeoutMs: true };

/** What a consumer does to stop, in the order in which it is asked to. */
export interface StopSteps {
  /** Resolves when nothing more comes and all that was settled is confirmed. */
  quiet(): Promise<unknown>;
  /** Returns what waits for a handler. What is behind it was not taken, so it keeps its place. */
  returnAhead(): Promise<unknown>;
  /** Resolves when no handler runs. */
  handlersDone(): Promise<unknown>;
  /** Tells the handlers that are still running, and returns what they work on. */
  giveUp(): Promise<unknown>;
  /** Resolves when all that was settled is confirmed. */
  flushed(): Promise<unknown>;
  /** Gives up the lease, and with it what is still held. */
  leave(timeoutMs: number): Promise<unknown>;
  /** A step has failed, and those behind it are left out. */
  failed(error: Error): void;
  /** It has stopped. */
  stopped(): void;
}

/** How long each step may take after the deadline, in ms. */
const graceMs = 2000;

/**
 * The stop of a consumer: however often it is asked for, it happens once, and later calls can bring its
 * deadline forward. It ends whatever fails: what cannot be returned is recovered when the lease runs out.
 *
 * States: not asked for -> begun -> stopped.
 */
export class Stopping {
  readonly #begin: () => StopSteps;
  readonly #deadline = new Deadline();
  #hasBegun = false;
  #stopped: Promise<void> | undefined;

  /** @param begin called when the consumer is to want nothing more, and to start no more handlers. */
  constructor(begin: () => StopSteps) {
    this.#begin = begin;
  }

  /** True as soon as it was asked for. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when the consumer has stopped. @throws InvalidArgumentError for options that cannot be. */
  stop(options: StopOptions): Promise<void> {
    refuseUnknownOptions('stop()', options, optionNames);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) {
      wholeNumber('timeoutMs', timeoutMs, { min: 0, max: longestTimerMs });
    }
    if (!this.#stopped || timeoutMs !== undefined) this.#deadline.bringForward(timeoutMs ?? 10_000);
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#hasBegun = true;
    const steps = this.#begin();
    try {
      await this.#inOrder(steps);
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) steps.failed(asError(error));
    }
    this.#deadline.clear();
    steps.stopped();
  }

  async #inOrder(steps: StopSteps): Promise<void> {
    const deadline = this.#deadline;
    await deadline.within(steps.quiet(), graceMs);
    await deadline.within(steps.returnAhead());
    const areDone = await deadline.within(steps.handlersDone());
    if (!areDone) await within(steps.giveUp(), graceMs);
    await deadline.within(steps.flushed(), graceMs);
    await steps.leave(graceMs);
  }
}
