import { messageOf, stackOf } from '../error-text.js';
import { asError, isRedpostError } from '../errors.js';
import type { NextStep } from './failure.js';
import type { Handled } from './handler-pool.js';

/** The consumer that decides what follows a failure. */
interface OutcomesHost<Held extends Handled> {
  /** What follows when a message could not be read or handled. */
  nextStep(held: Held, error: Error): NextStep;
  /** A message could not be read or handled: emits the event. */
  failed(held: Held, error: Error, next: NextStep): void;
  /** A message was not delivered in time: emits the event. Returns what is to become of it. Default: it is deleted. */
  expired?(held: Held): 'forget' | 'dead-letter';
  /** Something else failed in the background. */
  error(error: Error): void;
}

/** Settles deliveries by how their handlers ended, unless the handlers have settled them. */
export class Outcomes<Held extends Handled> {
  readonly #host: OutcomesHost<Held>;

  constructor(host: OutcomesHost<Held>) {
    this.#host = host;
  }

  /** The handler has returned this. */
  succeeded(held: Held, value?: unknown): void {
    if (!held.claim()) return;
    try {
      held.settler.acknowledge(held, false, value);
    } catch (error) {
      // The value cannot be kept.
      void this.settleFailure(held, error);
    }
  }

  /** The delivery could not be read, or its handler has thrown this. */
  failed(held: Held, thrown: unknown): void {
    if (isRedpostError(thrown, 'EXPIRED')) {
      if (held.claim()) this.#settleExpired(held);
    } else if (held.claim()) {
      void this.settleFailure(held, thrown);
    } else if (!isRedpostError(thrown, 'LEASE_LOST') && !held.isLost) {
      // It was settled before its handler threw. The error is reported all the same.
      this.#host.error(asError(thrown));
    }
  }

  #settleExpired(held: Held): void {
    if (this.#host.expired?.(held) !== 'dead-letter') held.settler.acknowledge(held, true);
    else void this.#settle(() => held.settler.deadLetter(held, 'expired', ''));
  }

  /** Settles a delivery that was claimed: it has failed with this. */
  settleFailure(held: Held, thrown: unknown): Promise<void> {
    const error = asError(thrown);
    held.thrown = error;
    return this.#settle(async () => {
      const next = this.#host.nextStep(held, error);
      this.#host.failed(held, error, next);
      if (next.action === 'retry') {
        await held.settler.retry(held, next.delayMs, messageOf(error));
      } else await held.settler.deadLetter(held, next.reason, messageOf(error), stackOf(error));
    });
  }

  async #settle(settle: () => Promise<void>): Promise<void> {
    try {
      await settle();
    } catch (failure) {
      // The event `lost` reports a lost lease.
      if (!isRedpostError(failure, 'LEASE_LOST')) this.#host.error(asError(failure));
    }
  }
}
