import { asError } from '@redpost/core';
import {
  Ahead,
  isThenable,
  Lookahead,
  type NextStep,
  stepAfter,
  unreadableReason,
} from '@redpost/core/consuming';
import { RecordLostError } from './errors.js';
import type { HeldRecord, RecordSettler, TopicDelivery } from './group-delivery.js';
import type { CheckedConsumeOptions } from './group-options.js';
import type { TopicContext } from './topic-context.js';

/** Returning (or resolving) acknowledges; throwing (or rejecting) asks for a retry. */
export type RecordHandler<Body> = (delivery: TopicDelivery<Body>) => unknown;

/** A record could not be read or handled; `next` is what happens to it. */
export interface HandlerFailure<Body> {
  delivery: TopicDelivery<Body>;
  error: Error;
  next: NextStep;
}

export interface HandlerPoolEvents<Body> {
  failed(failure: HandlerFailure<Body>): void;
  error(error: Error): void;
  /** A handler is through, so there may be demand. */
  finished(): void;
  /** No record was started for a while: others may have time for those that wait. */
  stuck(): void;
}

/**
 * Calls the handler of one member for each record, `concurrency` at a time, and settles the record
 * by how that ends. Records that are here and not started wait in order.
 */
export class HandlerPool<Body> {
  readonly #context: TopicContext<Body>;
  readonly #handler: RecordHandler<Body>;
  readonly #options: CheckedConsumeOptions;
  readonly #events: HandlerPoolEvents<Body>;
  readonly #lookahead: Lookahead;
  readonly #ahead: Ahead<HeldRecord<Body>>;
  readonly #doneWaiters = new Set<{ isDone(): boolean; resolve(): void }>();
  #running = 0;
  #isStarting = false;
  #isStopping = false;

  constructor(
    context: TopicContext<Body>,
    handler: RecordHandler<Body>,
    options: CheckedConsumeOptions,
    events: HandlerPoolEvents<Body>,
  ) {
    this.#context = context;
    this.#handler = handler;
    this.#options = options;
    this.#events = events;
    this.#lookahead = new Lookahead(options.concurrency);
    this.#ahead = new Ahead(() => events.stuck());
  }

  /** How many more records it has use for: see Lookahead. */
  get free(): number {
    const wanted = this.#options.concurrency + this.#lookahead.count;
    return wanted - this.#running - this.#ahead.size;
  }

  accept(deliveries: HeldRecord<Body>[]): void {
    this.#ahead.add(deliveries);
    this.#startMore();
    this.#ahead.watch();
  }

  /** Starts no more handlers. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Has use for none ahead, until a handler has finished. */
  stall(): void {
    this.#lookahead.stall();
  }

  /** Takes back what was not started of a session. */
  takeBack(session: RecordSettler): HeldRecord<Body>[] {
    const all = this.#ahead.takeAll();
    this.#ahead.add(all.filter(({ settler }) => settler !== session));
    this.#ahead.watch();
    return all.filter(({ settler }) => settler === session);
  }

  /** Resolves when no handler runs, or none for this session. */
  done(session?: RecordSettler): Promise<void> {
    const isDone = () => (session ? session.running : this.#running) === 0;
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = {
        isDone,
        resolve: () => {
          this.#doneWaiters.delete(waiter);
          resolve();
        },
      };
      this.#doneWaiters.add(waiter);
    });
  }

  #startMore(): void {
    // A handler that returns at once leads back here: calls must not pile up with the records.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < this.#options.concurrency && !this.#isStopping) {
      const held = this.#ahead.take();
      if (!held) break;
      this.#running += 1;
      held.settler.running += 1;
      held.isRunning = true;
      this.#run(held);
    }
    this.#isStarting = false;
  }

  #run(held: HeldRecord<Body>): void {
    held.startedAt = performance.now();
    try {
      const opening = held.open(this.#context);
      const result = opening ? opening.then(() => this.#handler(held)) : this.#handler(held);
      if (isThenable(result)) {
        result.then(
          () => this.#succeed(held),
          (error) => this.#fail(held, error),
        );
      } else {
        this.#succeed(held);
      }
    } catch (error) {
      this.#fail(held, error);
    }
  }

  #succeed(held: HeldRecord<Body>): void {
    if (held.claim()) held.settler.acknowledge(held as HeldRecord);
    this.#finish(held);
  }

  #fail(held: HeldRecord<Body>, thrown: unknown): void {
    if (held.claim()) {
      void this.#settleFailure(held, asError(thrown));
    } else if (!(thrown instanceof RecordLostError) && !held.isLost) {
      // The record was settled before its handler threw: the error still has to be heard.
      this.#events.error(asError(thrown));
    }
    this.#finish(held);
  }

  async #settleFailure(held: HeldRecord<Body>, error: Error): Promise<void> {
    const { settler } = held;
    const record = held as HeldRecord;
    const next = this.#nextStep(held, error);
    try {
      this.#events.failed({ delivery: held, error, next });
      if (next.action === 'retry') await settler.retry(record, next.delayMs);
      else await settler.deadLetter(record, next.reason, String(error.message));
    } catch (failure) {
      // What was lost is reported by the event `lost`.
      if (!(failure instanceof RecordLostError)) this.#events.error(asError(failure));
    }
  }

  #nextStep(held: HeldRecord<Body>, error: Error): NextStep {
    // Once it is open it is readable: what its handler could not read was something else.
    const reason = held.isOpen ? undefined : unreadableReason(error);
    if (reason) return { action: 'dead-letter', reason };
    return stepAfter(held.attempt, this.#options, (failure) => this.#events.error(failure));
  }

  #finish(held: HeldRecord<Body>): void {
    this.#lookahead.add(performance.now() - held.startedAt, held.size);
    this.#running -= 1;
    held.settler.running -= 1;
    held.isRunning = false;
    for (const waiter of this.#doneWaiters) if (waiter.isDone()) waiter.resolve();
    this.#startMore();
    this.#events.finished();
  }
}
