import { Emitter, type Unlisten } from '@redpost/core';
import type { NextStep, StopOptions } from '@redpost/core/consuming';
import type { PauseInForce } from '../shape/shape.js';
import type { Recovery } from '../store/list-store.js';
import type { CancelledError } from './cancelled-error.js';
import type { AckedMessage, Consumer, ConsumerEvents } from './consumer.js';
import type { Delivery } from './delivery.js';

/** What an {@link AllConsumer} tells by `on()`: `queue` is the name of the queue that it is about. */
export interface AllConsumerEvents<Body> {
  /** A message could not be read or handled; `next` is what happens to it. */
  failed: { queue: string; delivery: Delivery<Body>; error: Error; next: NextStep };
  /** A message was not delivered in time (`ttlMs`): see `onExpired`. Its body was not read. */
  expired: { queue: string; delivery: Delivery<Body> };
  /** The lease was lost: these messages are delivered again, even if they were handled. */
  lost: { queue: string; deliveries: readonly Delivery<Body>[] };
  /** Past the deadline of `stop()`: these messages are delivered again, even if their handlers finish. */
  returned: { queue: string; deliveries: readonly Delivery<Body>[] };
  /** A message that this consumer had was cancelled: nothing that its handler does with it changes anything. */
  cancelled: { queue: string; delivery: Delivery<Body>; error: CancelledError };
  /** Messages were acknowledged: see `ConsumerEvents`. */
  acked: { queue: string; messages: readonly AckedMessage<Body>[] };
  /** The messages of a consumer that had died were returned to the queue. */
  recovered: Recovery & { queue: string };
  /** The queue was found empty. */
  drained: { queue: string };
  /** The queue is idle: see `ConsumerEvents`. */
  idle: { queue: string };
  /** The queue, or this consumer of it by `pauseConsumer()`, was paused: nothing of it starts here any more. */
  paused: PauseInForce & { queue: string };
  /** The queue is no longer paused. */
  resumed: { queue: string };
  /** Something failed in the background, e.g. Redis was away. The consumer goes on. */
  error: { queue: string; error: Error };
  /** It was stopped, for all queues. Nothing follows. */
  stopped: undefined;
}

/** What only all of them together can tell. */
type OwnEvents = Pick<AllConsumerEvents<unknown>, 'drained' | 'stopped'>;

/** Calls a handler for each message of several queues: see `consumeAll`. */
export class AllConsumer<Body = unknown> implements AsyncDisposable {
  readonly #consumers = new Map<string, Consumer<Body>>();
  readonly #own = new Emitter<OwnEvents>();

  /** @param start starts the consumers, given what is to be called when a queue has become empty. */
  constructor(start: (drained: (queue: string) => void) => ReadonlyMap<string, Consumer<Body>>) {
    const consumers = start((queue) => this.#own.emit('drained', { queue }));
    let running = consumers.size;
    for (const [queue, consumer] of consumers) {
      this.#consumers.set(queue, consumer);
      consumer.on('stopped', () => {
        running -= 1;
        if (running === 0) this.#own.emit('stopped', undefined);
      });
    }
  }

  /** Calls `listener` at every `event` of any of the queues; returns what removes it. */
  on<Event extends keyof AllConsumerEvents<Body>>(
    event: Event,
    listener: (payload: AllConsumerEvents<Body>[Event]) => void,
  ): Unlisten {
    if (event === 'drained' || event === 'stopped') return this.#own.on(event, listener as never);
    const unlistens = [...this.#consumers].map(([queue, consumer]) =>
      consumer.on(event as keyof ConsumerEvents<Body>, (payload) => {
        const told = event === 'error' ? { error: payload } : payload;
        // What it returns is a promise if it is asynchronous, and may reject.
        return listener({ ...(told as object), queue } as AllConsumerEvents<Body>[Event]);
      }),
    );
    return () => {
      for (const unlisten of unlistens) unlisten();
    };
  }

  /**
   * Stops all of it: takes nothing more and lets the handlers finish, as `Consumer.stop` does. Resolves when nothing is
   * left to do, or Redis cannot be asked any more. In one of its own handlers it resolves at once.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    await this.#each((consumer) => consumer.stop(options));
  }

  /**
   * Starts no more handlers and takes nothing more, of any queue, until `resume()` is called. Resolves when what had
   * been taken ahead is back in the queues.
   */
  async pause(): Promise<void> {
    await this.#each((consumer) => consumer.pause());
  }

  /** Goes on after `pause()`. A queue that is paused itself (`Queue.pause`) stays so. */
  resume(): void {
    for (const consumer of this.#consumers.values()) consumer.resume();
  }

  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #each(does: (consumer: Consumer<Body>) => Promise<void>): Promise<void> {
    await Promise.all([...this.#consumers.values()].map(does));
  }
}
