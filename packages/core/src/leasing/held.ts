import type { Handled, Lease } from '../consuming/handler-pool.js';
import { InvalidArgumentError } from '../errors.js';
import { shown, wholeNumber } from '../options/check.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import { AlreadySettledError, type Delivered, LeaseLostError } from './errors.js';
import type { Holdable } from './held-list.js';

/** What a delivery asks of the session that holds it. */
export interface Settler extends Lease {
  /** The name of the consumer, under which it holds its lease. */
  readonly consumer: string;
  /** Acknowledges, and resolves when Redis knows. */
  confirmAck(held: Held): Promise<void>;
  /** Renews the lease now. Resolves to false when it is lost. */
  renew(): Promise<boolean>;
}

interface RetryOptions {
  delayMs?: number | undefined;
}

const retryOptionNames: NamesOf<RetryOptions> = { delayMs: true };

/**
 * One attempt at one message that a consumer holds: a message of a queue or a record of a topic.
 * It is settled once, by what its handler asks for or by how that ends.
 *
 * States:
 * - held: it may be settled.
 * - settled: a `claim()` has succeeded, and all further ones fail.
 * - lost: it is not this consumer's any more. Entered from both other states by `lose()`. The signal and
 *   all further calls tell the reason.
 */
export abstract class Held<Body = unknown, Session extends Settler = Settler>
  implements Handled, Holdable
{
  readonly settler: Session;
  #state: 'held' | 'settled' | 'lost' = 'held';
  /** Why it is not this consumer's any more. */
  #lostBy: Error | undefined;
  #abort: AbortController | undefined;
  body!: Body;
  /** The body is there: what fails from now on is not the message's fault. */
  isOpen = false;
  /** When the handler began, by `performance.now()`. */
  startedAt = 0;
  earlier: this | undefined = undefined;
  later: this | undefined = undefined;
  isListed = false;

  constructor(settler: Session) {
    this.settler = settler;
  }

  /** What errors call it. */
  abstract get named(): Delivered;

  /** How many bytes it is, roughly. */
  abstract get size(): number;

  /** Aborted when it is lost. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#lostBy) this.#abort.abort(this.#lostBy);
    return this.#abort.signal;
  }

  /** A handler has got it. */
  get isStarted(): boolean {
    return this.startedAt > 0;
  }

  /** It may not be settled any more. */
  get isSettled(): boolean {
    return this.#state !== 'held';
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** Claims the right to settle: true once. */
  claim(): boolean {
    if (this.#state !== 'held') return false;
    this.#state = 'settled';
    return true;
  }

  /** It is not this consumer's any more. What is still running is told by its signal. */
  lose(reason: Error): void {
    this.#state = 'lost';
    this.#lostBy = reason;
    this.#abort?.abort(reason);
  }

  /** Acknowledges it, and resolves when Redis knows. */
  async ack(): Promise<void> {
    this.#claimOrThrow();
    await this.settler.confirmAck(this);
  }

  /** Returns it for another attempt. */
  async retry(options: RetryOptions = {}): Promise<void> {
    refuseUnknownOptions('retry()', options, retryOptionNames);
    const { delayMs = 0 } = options;
    wholeNumber('delayMs', delayMs, { min: 0 });
    this.#claimOrThrow();
    await this.settler.retry(this, delayMs);
  }

  /** Moves it to the dead letters. */
  async deadLetter(reason = 'rejected'): Promise<void> {
    if (typeof reason !== 'string') {
      throw new InvalidArgumentError(`A reason is a text, got ${shown(reason)}`);
    }
    this.#claimOrThrow();
    await this.settler.deadLetter(this, reason, '');
  }

  /** Renews the lease now. @throws LeaseLostError when it is lost. */
  async extend(): Promise<void> {
    if (this.#state === 'settled') throw new AlreadySettledError(this.named);
    if (this.#lostBy) throw this.#lostBy;
    if (!(await this.settler.renew())) throw this.#lostBy ?? new LeaseLostError(this.named);
  }

  /** Makes the body available: returns a promise only if its schema is asynchronous. */
  protected openWith(body: Body | Promise<Body>): Promise<void> | undefined {
    if (body instanceof Promise) return body.then((valid) => void this.openWith(valid));
    this.body = body;
    this.isOpen = true;
    return undefined;
  }

  #claimOrThrow(): void {
    if (this.#lostBy) throw this.#lostBy;
    if (!this.claim()) throw new AlreadySettledError(this.named);
  }
}
