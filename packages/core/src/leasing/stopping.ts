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

/** The steps of a stop, in their order. */
export interface StopSteps {
  /** Resolves when no more messages come, and Redis has confirmed all acknowledgements. */
  quiet(): Promise<unknown>;
  /** Returns the messages that wait for a handler. No later message was taken, so they keep their place. */
  returnAhead(): Promise<unknown>;
  /** Resolves when no handler runs. */
  handlersDone(): Promise<unknown>;
  /** Aborts the signals of the handlers that still run, and returns their messages. */
  giveUp(): Promise<unknown>;
  /** Resolves when Redis has confirmed all acknowledgements. */
  flushed(): Promise<unknown>;
  /** Ends the lease, which returns what is still held. */
  leave(timeoutMs: number): Promise<unknown>;
  /** A step has failed, and the steps after it are skipped. */
  failed(error: Error): void;
  /** The consumer has stopped. */
  stopped(): void;
}

/** How long each step may take after the deadline, in ms. */
const graceMs = 2000;

/**
 * The stop of a consumer. It happens once, for any number of calls; later calls can move its deadline to an earlier
 * time. It ends even when a step fails: messages that cannot be returned are recovered when the lease runs out.
 *
 * States: not begun -> begun -> stopped.
 */
export class Stopping {
  readonly #begin: () => StopSteps;
  #deadline: Deadline | undefined;
  #hasBegun = false;
  #stopped: Promise<void> | undefined;

  /** @param begin called at the first `stop()`: from then on the consumer takes no messages and starts no handlers. */
  constructor(begin: () => StopSteps) {
    this.#begin = begin;
  }

  /** True from the first call of `stop()` on. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when the consumer has stopped. @throws InvalidArgumentError for options that cannot work. */
  stop(options: StopOptions): Promise<void> {
    refuseUnknownOptions('stop()', options, optionNames);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) {
      wholeNumber('timeoutMs', timeoutMs, { min: 0, max: longestTimerMs });
    }
    this.#deadline ??= new Deadline();
    if (!this.#stopped || timeoutMs !== undefined) this.#deadline.bringForward(timeoutMs ?? 10_000);
    this.#stopped ??= this.#stop(this.#deadline);
    return this.#stopped;
  }

  async #stop(deadline: Deadline): Promise<void> {
    this.#hasBegun = true;
    const steps = this.#begin();
    try {
      await this.#inOrder(steps, deadline);
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) steps.failed(asError(error));
    }
    deadline.clear();
    steps.stopped();
  }

  async #inOrder(steps: StopSteps, deadline: Deadline): Promise<void> {
    await deadline.within(steps.quiet(), graceMs);
    await deadline.within(steps.returnAhead());
    const areDone = await deadline.within(steps.handlersDone());
    if (!areDone) await within(steps.giveUp(), graceMs);
    await deadline.within(steps.flushed(), graceMs);
    await steps.leave(graceMs);
  }
}
