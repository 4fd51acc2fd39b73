import {
  asError,
  ClosedError,
  type Connection,
  Emitter,
  InvalidArgumentError,
  type RedpostError,
  type Subscriber,
  type SubscriptionTarget,
  type Unlisten,
  type Unsubscribe,
} from '@redpost/core';
import { OverflowError } from './errors.js';
import { Inbox } from './inbox.js';
import type { Message, ReceivedMessage } from './message.js';
import { MessageBuffer } from './message-buffer.js';
import { OverflowReport } from './overflow-report.js';
import {
  type BufferOptions,
  checkWait,
  type NextOptions,
  type OnMessage,
} from './subscribe-options.js';
import type { CloseReason, Subscription, SubscriptionEvents } from './subscription.js';

export interface SubscriptionSetup<Body> extends Required<BufferOptions> {
  connection: Connection;
  targets: readonly SubscriptionTarget[];
  decode: (payload: Buffer) => Body | Promise<Body>;
  onMessage: OnMessage<Body> | undefined;
  signal: AbortSignal | undefined;
}

/**
 * {@link Subscription} on a connection's channels and patterns.
 *
 * States: opening -> live -> ended (from any state, final). Ended, it may still have messages to
 * read, unless it was closed by its owner.
 */
export class ChannelSubscription<Body> implements Subscription<Body> {
  readonly #setup: SubscriptionSetup<Body>;
  readonly #events = new Emitter<SubscriptionEvents>();
  readonly #inbox: Inbox<Body>;
  readonly #overflows = new OverflowReport((dropped) => this.#reportOverflow(dropped));
  readonly #interrupted = new Set<SubscriptionTarget>();
  readonly #cleanups: Unlisten[] = [];
  #asked: Promise<Unsubscribe>[] = [];
  #closeReason: CloseReason | undefined;
  #closing: Promise<void> | undefined;

  constructor(setup: SubscriptionSetup<Body>) {
    this.#setup = setup;
    this.#inbox = new Inbox({
      buffer: new MessageBuffer<ReceivedMessage>(setup.maxBuffered, setup.overflow),
      decode: setup.decode,
      onInvalid: (received, error) => this.#reportInvalid(received, error),
    });
  }

  get buffered(): number {
    return this.#inbox.size;
  }

  get dropped(): number {
    return this.#overflows.total;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  on<Event extends keyof SubscriptionEvents>(
    event: Event,
    listener: (payload: SubscriptionEvents[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  async next(options: NextOptions = {}): Promise<Message<Body> | undefined> {
    this.#refuseSecondReader();
    checkWait(options);
    return this.#inbox.next(options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message<Body>> {
    this.#refuseSecondReader();
    const inbox = this.#inbox;
    const iterator: AsyncIterableIterator<Message<Body>> = {
      // Written by hand: a generator would cost three more promises per message.
      next() {
        const message = inbox.take();
        return message ? Promise.resolve({ value: message, done: false }) : inbox.next().then(step);
      },
      return: async () => {
        await this.close();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  close(): Promise<void> {
    return this.#end('closed');
  }

  unsubscribe(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Resolves when Redis has confirmed every channel and pattern; when it refuses one, none is kept.
   */
  async open(): Promise<void> {
    const { connection, targets } = this.#setup;
    this.#cleanups.push(connection.on('closed', () => void this.#end('connection-closed')));
    this.#endOnAbort();
    this.#asked = targets.map((target) => connection.subscribe(target, this.#subscriber(target)));
    try {
      await this.#unlessEnded(Promise.all(this.#asked));
    } catch (error) {
      const isEnded = this.#closeReason !== undefined;
      const closed = this.close();
      // Whoever ended it meanwhile does not wait for Redis.
      if (!isEnded) await closed;
      throw error;
    }
    // Not before the caller could add listeners.
    process.nextTick(() => void this.#handOver());
  }

  #subscriber(target: SubscriptionTarget): Subscriber {
    const pattern = target.kind === 'pattern' ? target.name : undefined;
    return {
      message: (channel, payload) => this.#receive({ channel, pattern, payload }),
      interrupted: (error) => this.#interrupt(target, error),
      resumed: (downMs) => this.#resume(target, downMs),
    };
  }

  #receive(received: ReceivedMessage): void {
    if (this.#closeReason || this.#inbox.push(received)) return;
    this.#overflows.add();
    if (this.#setup.overflow === 'close') void this.#end('overflow');
  }

  #interrupt(target: SubscriptionTarget, error: Error): void {
    if (this.#closeReason) return;
    this.#interrupted.add(target);
    if (this.#interrupted.size === 1) this.#events.emit('interrupted', { error });
  }

  /** All targets share one socket, so the last one to come back says how long it took. */
  #resume(target: SubscriptionTarget, downMs: number): void {
    if (!this.#interrupted.delete(target) || this.#interrupted.size > 0) return;
    if (!this.#closeReason) this.#events.emit('resumed', { downMs });
  }

  async #handOver(): Promise<void> {
    const { onMessage } = this.#setup;
    if (!onMessage) return;
    for (;;) {
      const message = this.#inbox.take() ?? (await this.#inbox.next());
      if (!message) return;
      try {
        const result = onMessage(message);
        if (isThenable(result)) await result;
      } catch (error) {
        this.#events.emit('error', asError(error));
      }
    }
  }

  #endOnAbort(): void {
    const { signal } = this.#setup;
    if (!signal) return;
    const onAbort = () => void this.#end('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
    this.#cleanups.push(() => signal.removeEventListener('abort', onAbort));
  }

  /** Like `work`, but rejects as soon as the subscription is closed. */
  #unlessEnded<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const unlisten = this.#events.once('closed', ({ reason }) => {
        if (reason === 'aborted') reject(this.#setup.signal?.reason);
        else if (reason !== 'overflow') reject(new ClosedError('The subscription was closed'));
      });
      work.then(resolve, reject).finally(unlisten);
    });
  }

  #end(reason: CloseReason): Promise<void> {
    const discard = reason === 'closed' || reason === 'aborted';
    if (!this.#closing) {
      this.#closeReason = reason;
      for (const cleanup of this.#cleanups) cleanup();
      this.#overflows.end();
      this.#closing = this.#unsubscribeAll();
      this.#inbox.end({ discard });
      this.#events.emit('closed', { reason });
    } else if (discard) {
      this.#inbox.end({ discard });
    }
    return this.#closing;
  }

  async #unsubscribeAll(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#asked);
    await Promise.all(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value()));
  }

  #refuseSecondReader(): void {
    if (!this.#setup.onMessage) return;
    throw new InvalidArgumentError('The messages of this subscription go to its onMessage');
  }

  #reportInvalid(received: ReceivedMessage, error: RedpostError): void {
    const { channel, pattern } = received;
    const payload = Buffer.from(received.payload);
    if (!this.#events.hasListeners('invalid')) this.#events.emit('error', error);
    this.#events.emit('invalid', { channel, pattern, payload, error });
  }

  #reportOverflow(dropped: number): void {
    const { total } = this.#overflows;
    if (!this.#events.hasListeners('overflow')) {
      const names = this.#setup.targets.map(({ name }) => name).join(', ');
      const message = `A subscriber to ${names} reads too slowly: messages were dropped`;
      this.#events.emit('error', new OverflowError(message, { dropped }));
    }
    this.#events.emit('overflow', { dropped, total });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function step<Body>(message: Message<Body> | undefined): IteratorResult<Message<Body>, undefined> {
  return message ? { value: message, done: false } : { value: undefined, done: true };
}
