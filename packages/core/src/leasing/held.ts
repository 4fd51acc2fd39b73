import { type InspectOptions, inspect } from 'node:util';
import type { Handled, Lease } from '../consuming/handler-pool.js';
import { InvalidArgumentError } from '../errors.js';
import type { ReceivedTogether } from '../observe/observer.js';
import { shown, wholeNumber } from '../options/check.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import { AlreadySettledError, type Delivered, LeaseLostError } from './errors.js';
import type { Holdable } from './held-list.js';

/** What a delivery asks of the session that holds it. */
export interface Settler extends Lease {
  /** The name of the consumer, under which it holds its lease. */
  readonly consumer: string;
  /** Acknowledges, and resolves when Redis has confirmed it. */
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
 * It is settled once: by a call of its handler, or by how the handler ends.
 *
 * States:
 * - held: it may be settled.
 * - settled: a `claim()` has succeeded, and all further ones fail.
 * - lost: it no longer belongs to this consumer. Entered from both other states by `lose()`. The signal and all
 *   further calls have the reason.
 */
export abstract class Held<Body = unknown, Session extends Settler = Settler>
  implements Handled, Holdable
{
  readonly settler: Session;
  #state: 'held' | 'settled' | 'lost' = 'held';
  /** Why it no longer belongs to this consumer. */
  #lostBy: Error | undefined;
  #abort: AbortController | undefined;
  body!: Body;
  /** True when the body was read: later failures are not caused by an unreadable message. */
  isOpen = false;
  /** When the handler began, by `performance.now()`. */
  startedAt = 0;
  /** Only where the queue has a rate. (Declared: a field of each delivery would slow down all queues.) */
  declare startBy: number | undefined;
  /** Only where its handler has thrown. */
  declare thrown: Error | undefined;
  /** The messages that have come with it: only where handlers are observed. */
  declare received: ReceivedTogether | undefined;
  earlier: this | undefined = undefined;
  later: this | undefined = undefined;
  isListed = false;

  constructor(settler: Session) {
    this.settler = settler;
  }

  /** How errors name it. */
  abstract get named(): Delivered;

  /** Its approximate size, in bytes. */
  abstract get size(): number;

  /** What a log shows of it: the message, without what holds it. */
  abstract toJSON(): object;

  /** `console.log` shows the message, too, and not the parts of its consumer. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Delivery ${inspect({ ...this.toJSON(), body: this.body }, options)}`;
  }

  /** Aborted when it is lost. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#lostBy) this.#abort.abort(this.#lostBy);
    return this.#abort.signal;
  }

  /** True when a handler has been called with it. */
  get isStarted(): boolean {
    return this.startedAt > 0;
  }

  /** True when it may no longer be settled. */
  get isSettled(): boolean {
    return this.#state !== 'held';
  }

  /** Why it no longer belongs to this consumer; undefined while it does. */
  get lostBy(): Error | undefined {
    return this.#lostBy;
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** Claims the right to settle it. Returns true to the first caller only. */
  claim(): boolean {
    if (this.#state !== 'held') return false;
    this.#state = 'settled';
    return true;
  }

  /** It no longer belongs to this consumer. A handler that is still running learns it by the signal. */
  lose(reason: Error): void {
    this.#state = 'lost';
    this.#lostBy = reason;
    this.#abort?.abort(reason);
  }

  /** Acknowledges it, and resolves when Redis has confirmed that. */
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

  /** Renews the lease now. @throws LeaseLostError when the lease is lost. */
  async extend(): Promise<void> {
    if (this.#state === 'settled') throw new AlreadySettledError(this.named);
    if (this.#lostBy) throw this.#lostBy;
    if (!(await this.settler.renew())) throw this.#lostBy ?? new LeaseLostError(this.named);
  }

  /** Makes the body available: returns a promise only if its schema is asynchronous. */
  protected openWith(body: Body | Promise<Body>): Promise<void> | undefined {
    if (body instanceof Promise) return body.then((valid) => this.opened(valid));
    this.opened(body);
    return undefined;
  }

  /** The body is available. */
  protected opened(body: Body): void {
    this.body = body;
    this.isOpen = true;
  }

  #claimOrThrow(): void {
    if (this.#lostBy) throw this.#lostBy;
    if (!this.claim()) throw new AlreadySettledError(this.named);
  }
}
