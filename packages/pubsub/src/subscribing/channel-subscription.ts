import {
  ClosedError,
  type Complete,
  type Connection,
  DecodeError,
  type Destination,
  Emitter,
  InvalidArgumentError,
  type NamesOf,
  type ObservedMessage,
  type RedpostError,
  type Subscriber,
  type SubscriptionSocket,
  type SubscriptionTarget,
  type Unlisten,
  type Unsubscribe,
} from '@redpost/core';
import {
  isObserved,
  nextTick,
  observeHandle,
  observeReceive,
  onAbort,
  performance,
} from '@redpost/core/consuming';
import { refusedIfUnsupported, SequencedMismatchError } from '../errors.js';
import { joinGroup } from '../groups/group.js';
import type { Message, ReceivedMessage } from '../message/message.js';
import { GapWatch, mayBeSealed, unseal } from '../message/sequence.js';
import { HandOver } from './hand-over.js';
import { Inbox } from './inbox.js';
import { LossReports } from './loss-reports.js';
import { MessageBuffer } from './message-buffer.js';
import { ReadingPause } from './reading-pause.js';
import { Repeats } from './repeats.js';
import {
  type BufferOptions,
  checkWait,
  type NextOptions,
  type OnMessage,
} from './subscribe-options.js';
import type { CloseReason, Subscription, SubscriptionEvents } from './subscription.js';

const eventNames: NamesOf<SubscriptionEvents> = {
  interrupted: true,
  resumed: true,
  invalid: true,
  overflow: true,
  paused: true,
  unpaused: true,
  gap: true,
  error: true,
  closed: true,
};

export interface SubscriptionSetup<Body> extends Complete<BufferOptions> {
  connection: Connection;
  targets: readonly SubscriptionTarget[];
  decode: (received: ReceivedMessage) => Body | Promise<Body>;
  /** True when all bodies are what JSON has. */
  isJson: boolean;
  onMessage: OnMessage<Body> | undefined;
  signal: AbortSignal | undefined;
  group: string | undefined;
  distinct: boolean;
  /** `undefined` for requests, which are never numbered. */
  sequenced: boolean | undefined;
}

type Subscribe = Connection['subscribe'];

/** A message of a channel has neither an id nor headers. */
const unidentified: ObservedMessage = {
  id: undefined,
  headers: {},
  attempt: undefined,
  key: undefined,
};

/**
 * {@link Subscription} on a connection's channels and patterns.
 *
 * States: opening -> live -> ended (from any state, final). An ended subscription may still have messages to
 * read, unless its owner closed it.
 */
export class ChannelSubscription<Body> implements Subscription<Body> {
  readonly #setup: SubscriptionSetup<Body>;
  readonly #events = new Emitter<SubscriptionEvents>(eventNames);
  readonly #inbox: Inbox<Body>;
  readonly #handOver: HandOver<Body> | undefined;
  readonly #gaps: GapWatch | undefined;
  readonly #repeats: Repeats | undefined;
  #mismatch: SequencedMismatchError | undefined;
  /** Only with the policy `pause`. */
  #socket: SubscriptionSocket | undefined;
  #pause: ReadingPause | undefined;
  readonly #losses: LossReports;
  readonly #interrupted = new Set<SubscriptionTarget>();
  #interruptedAt = 0;
  readonly #cleanups: Unlisten[] = [];
  #asked: Promise<Unsubscribe>[] = [];
  #isOpen = false;
  #closeReason: CloseReason | undefined;
  #closing: Promise<void> | undefined;

  constructor(setup: SubscriptionSetup<Body>) {
    this.#setup = setup;
    const names = setup.targets.map(({ name }) => name);
    this.#losses = new LossReports(this.#events, names);
    // A member of a group sees only its share.
    this.#gaps = setup.sequenced && !setup.group ? new GapWatch() : undefined;
    this.#repeats = setup.distinct ? new Repeats() : undefined;
    this.#inbox = new Inbox({
      buffer: new MessageBuffer<ReceivedMessage>(setup.maxBuffered, setup.overflow),
      decode: setup.decode,
      isJson: setup.isJson,
      onInvalid: (received, error) =>
        this.#losses.invalid(received, this.#explained(received, error)),
      onTaken: () => this.#checkPause(),
    });
    const { onMessage } = setup;
    if (!onMessage) return;
    const call: OnMessage<Body> = (message) => {
      if (!isObserved('handle')) return onMessage(message);
      const messages = [unidentified];
      const operation = {
        messages,
        isBatch: false,
        received: undefined,
        ...this.#destination(message),
      };
      return observeHandle(operation, () => onMessage(message)) as ReturnType<OnMessage<Body>>;
    };
    this.#handOver = new HandOver(this.#inbox, call, (error) => this.report(error));
  }

  get buffered(): number {
    return this.#inbox.size;
  }

  get paused(): boolean {
    return this.#closeReason === undefined && (this.#pause?.isPaused ?? false);
  }

  get dropped(): number {
    return this.#losses.dropped;
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
    if (!isObserved('receive')) return this.#inbox.next(options);
    const messages: ObservedMessage[] = [];
    const [target] = this.#setup.targets;
    const operation = { ...this.#destination({ channel: target?.name ?? '' }), messages };
    return observeReceive(operation, async () => {
      const message = await this.#inbox.next(options);
      if (message) messages.push(unidentified);
      return message;
    });
  }

  #destination({ channel }: { channel: string }): Destination {
    return { kind: 'channel', name: channel, address: this.#setup.connection.address };
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

  /** Reports an error of this subscription. */
  report(error: Error): void {
    this.#events.emit('error', error);
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
   * Resolves when Redis has confirmed every channel and pattern. If it refuses one of them, all others are
   * ended.
   */
  async open(): Promise<void> {
    const { connection, targets } = this.#setup;
    this.#cleanups.push(connection.on('closed', () => void this.#end('connection-closed')));
    this.#endOnAbort();
    try {
      const subscribe = this.#source();
      this.#asked = targets.map((target) => subscribe(target, this.#subscriber(target)));
      await this.#unlessEnded(Promise.all(this.#asked));
    } catch (thrown) {
      const error = refusedIfUnsupported('SSUBSCRIBE', thrown);
      const isEnded = this.#closeReason !== undefined;
      const closed = this.close();
      // The caller that ended it meanwhile does not wait for Redis.
      if (!isEnded) await closed;
      throw error;
    }
    // Not before the caller could add listeners.
    nextTick(() => {
      this.#isOpen = true;
      if (this.#mismatch) this.report(this.#mismatch);
      this.#handOver?.start();
      this.#checkPause();
    });
  }

  /** The function that subscribes: on the shared socket or one of its own, as a member of a group or not. */
  #source(): Subscribe {
    const { connection, overflow, maxBuffered, maxPauseMs, group } = this.#setup;
    let source: Pick<Connection, 'subscribe'> = connection;
    if (overflow === 'pause') {
      const socket = connection.openSubscriptionSocket();
      this.#pause = new ReadingPause({
        socket,
        maxBuffered,
        maxPauseMs,
        onPaused: (buffered) => this.#events.emit('paused', { buffered }),
        onUnpaused: (pausedMs) => this.#events.emit('unpaused', { pausedMs }),
      });
      this.#socket = socket;
      source = socket;
    }
    const subscribe: Subscribe = (target, subscriber) => source.subscribe(target, subscriber);
    if (group === undefined) return subscribe;
    const onError = (error: Error) => this.report(error);
    return (target, subscriber) =>
      joinGroup({ connection, subscribe, target, group, subscriber, onError });
  }

  #subscriber(target: SubscriptionTarget): Subscriber {
    const pattern = target.kind === 'pattern' ? target.name : undefined;
    return {
      message: (channel, payload) => this.#receive({ channel, pattern, payload }),
      interrupted: (error) => this.#interrupt(target, error),
      resumed: () => this.#resume(target),
    };
  }

  #receive(received: ReceivedMessage): void {
    if (this.#closeReason || this.#repeats?.includes(received)) return;
    const { sequenced } = this.#setup;
    const opened = sequenced ? this.#unsealed(received) : received;
    if (sequenced === false && mayBeSealed(received.payload)) this.#checkUnnumbered(received);
    if (this.#handOver?.accept(opened)) return;
    const isKept = this.#inbox.push(opened);
    this.#checkPause();
    if (isKept) return;
    this.#losses.overflow();
    if (this.#setup.overflow === 'close') void this.#end('overflow');
  }

  /**
   * Not before Redis has confirmed everything, at first and after an interruption: the confirmation has to be
   * read, too, and a pause ends with its socket.
   */
  #checkPause(): void {
    const isWhole = this.#isOpen && this.#interrupted.size === 0;
    if (isWhole && !this.#closeReason) this.#pause?.check(this.#inbox.size);
  }

  /** The message without its number. Plain ones are taken as they are. */
  #unsealed(received: ReceivedMessage): ReceivedMessage {
    const { channel, pattern } = received;
    const sequenced = unseal(received.payload);
    if (!sequenced) {
      if (this.#gaps) this.#noteMismatch(channel);
      return received;
    }
    const missed = this.#gaps?.missedBefore(channel, sequenced) ?? 0;
    if (missed > 0) this.#losses.gap({ channel, publisher: sequenced.publisher, missed });
    return { channel, pattern, payload: sequenced.payload };
  }

  #checkUnnumbered({ channel, payload }: ReceivedMessage): void {
    if (unseal(payload)) this.#noteMismatch(channel);
  }

  /** Reported once, and not before the caller could add listeners. */
  #noteMismatch(channel: string): void {
    if (this.#mismatch) return;
    const subscriberIsSequenced = this.#setup.sequenced === true;
    this.#mismatch = new SequencedMismatchError({ channel, subscriberIsSequenced });
    if (this.#isOpen) this.report(this.#mismatch);
  }

  /** Why a message is invalid: most codecs cannot read a body that has a number in front. */
  #explained({ channel, payload }: ReceivedMessage, error: RedpostError): RedpostError {
    if (this.#setup.sequenced !== false || !unseal(payload)) return error;
    const { message } = new SequencedMismatchError({ channel, subscriberIsSequenced: false });
    return new DecodeError(message, { cause: error });
  }

  #interrupt(target: SubscriptionTarget, error: Error): void {
    if (this.#closeReason) return;
    this.#repeats?.forget();
    this.#pause?.end();
    if (this.#interrupted.add(target).size > 1) return;
    this.#interruptedAt = performance.now();
    this.#events.emit('interrupted', { error });
  }

  #resume(target: SubscriptionTarget): void {
    if (!this.#interrupted.delete(target) || this.#interrupted.size > 0) return;
    if (this.#closeReason) return;
    this.#events.emit('resumed', { downMs: performance.now() - this.#interruptedAt });
    this.#checkPause();
  }

  #endOnAbort(): void {
    this.#cleanups.push(onAbort(this.#setup.signal, () => void this.#end('aborted')));
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
      this.#losses.end();
      this.#closing = this.#unsubscribeAll();
      this.#inbox.end({ discard });
      this.#events.emit('closed', { reason });
    } else if (discard) {
      this.#inbox.end({ discard });
    }
    return this.#closing;
  }

  async #unsubscribeAll(): Promise<void> {
    // Redis ends the subscriptions of a socket with the socket, but a group has to be left, and Redis's
    // answer to that has to be read.
    if (this.#setup.group === undefined) this.#socket?.close();
    else this.#socket?.resume();
    const outcomes = await Promise.allSettled(this.#asked);
    await Promise.all(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value()));
    this.#socket?.close();
  }

  #refuseSecondReader(): void {
    if (!this.#setup.onMessage) return;
    throw new InvalidArgumentError('The messages of this subscription go to its onMessage');
  }
}

function step<Body>(message: Message<Body> | undefined): IteratorResult<Message<Body>, undefined> {
  return message ? { value: message, done: false } : { value: undefined, done: true };
}
