import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  validate,
  wholeNumber,
} from '@redpost/core';
import {
  bodyInJson,
  clearTimeout,
  type Delivered,
  ExpiredError,
  Held,
  performance,
  type Settler,
  type Slice,
  setTimeout,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { asksForResults, type FlowEnd, type FlowName, flowNameIn } from '../flow/flow-end.js';
import {
  asBare,
  beginningOf,
  decodeEnvelope,
  type Envelope,
  type Headers,
  isSuspect,
  leadingFlow,
} from '../message/envelope.js';
import { decodeElement, type Message, toDate } from '../message/message.js';
import { type FollowUp, type PreparedFollowUp, prepareFollowUps } from '../outbox/follow-up.js';
import { AttemptTimeoutError } from './attempt-timeout.js';

/** When the next attempt at a message may begin. */
export interface RetryOptions {
  /** How long to wait before the next attempt, in ms. Default 0: it is next in line. */
  delayMs?: number | undefined;
  /**
   * True when this was no attempt, because what the handler calls has refused it for `delayMs`, as an HTTP server does by
   * 429 with `Retry-After`. The message is next in line again, and until then nothing of its key starts, or nothing of
   * the queue if it has no key. Needs a `delayMs` of at least 1. Default false.
   */
  limited?: boolean | undefined;
}

const ackOptionNames: NamesOf<AckOptions> = { result: true, send: true };
const retryOptionNames: NamesOf<RetryOptions> = { delayMs: true, limited: true };

/** What an acknowledgement says. */
export interface AckOptions {
  /** The result of the message, if that is kept: see `SendOptions.keepResultMs`. Default: none. */
  result?: unknown;
  /**
   * Messages for this or other queues, at most 100. That the message is acknowledged and that these are sent is one step in Redis: both
   * happen, or neither, whichever process dies. They arrive once, a moment later, and in their order for each queue; consumers of
   * this queue carry them over. They are not refused for `maxLength` or `keyMaxLength`.
   */
  send?: readonly FollowUp[] | undefined;
}

/**
 * One attempt at one message. It is settled once, by `ack`, `retry` or `deadLetter`; a handler
 * that returns acknowledges, one that throws asks for a retry.
 *
 * Each of these rejects with `LeaseLostError` when the message is no longer this consumer's, with
 * `CancelledError` when it was cancelled, with `AttemptTimeoutError` when its time was up, with
 * `ReturnedError` when the consumer was stopped meanwhile and has returned it (then they changed
 * nothing), and with `AlreadySettledError` at the second call.
 */
export interface Delivery<Body = unknown> extends Message<Body> {
  /** The name of its queue. */
  readonly queue: string;
  /**
   * Identifies this delivery: no two deliveries have the same, not even of one message. Only what a
   * Redis delivers again that came back with what it knew before has the one it had.
   */
  readonly receipt: string;
  /** The flow that the message is a member of; undefined for none. */
  readonly flow: FlowName | undefined;
  /** How the members of the flow have ended whose continuation this is; undefined for other messages. */
  readonly flowEnd: FlowEnd | undefined;
  /** Which attempt this is, from 1. Crashes of consumers count. */
  readonly attempt: number;
  /**
   * Aborted when the message is cancelled, when `timeoutMs` is over, when the lease is lost, or when the deadline of `stop()` has passed. Its reason
   * is the error that tells which.
   */
  readonly signal: AbortSignal;
  /**
   * The message is done: Redis forgets it. Resolves when it has.
   *
   * Rejects with ConnectionError or TimeoutError while Redis is away. The acknowledgement is then
   * sent again in the background, for as long as the lease lasts.
   *
   * @throws EncodeError, MessageTooLargeError for such a result or such a message of `send`, ValidationError for such a
   * body, InvalidArgumentError for an option that cannot work: nothing is changed.
   */
  ack(options?: AckOptions): Promise<void>;
  /**
   * Reports how far its handler has come, by any value, for `Queue.result()` and `Queue.watch()`. Only the last one counts: it is
   * sent in the background, at most ten times a second for all messages of the consumer. Does nothing for a message that
   * was sent without `keepResultMs`, or is settled.
   *
   * @throws EncodeError, MessageTooLargeError for such a value.
   */
  progress(value: unknown): void;
  /**
   * Gives the message back for another attempt, however many it has had. While Redis is away this
   * waits, as `deadLetter` does, for as long as the lease may last.
   */
  retry(options?: RetryOptions): Promise<void>;
  /** Moves the message to the dead letters, with a reason. Default reason: `rejected`. */
  deadLetter(reason?: string): Promise<void>;
  /**
   * Renews the lease now, and so tells whether the message is still this consumer's. The
   * heartbeat does it by itself: this is for after work that has blocked the event loop.
   */
  extend(): Promise<void>;
}

/** The session that holds a delivery. */
export interface QueueSettler extends Settler {
  /** The name of the queue. */
  readonly queue: string;
  /** @throws EncodeError, MessageTooLargeError. */
  resultBytes(value: unknown): string | Buffer | undefined;
  /** Sends it on to the partition with this list, where it belongs: that counts as no attempt. */
  passOn(held: HeldDelivery, target: string): Promise<void>;
  /** Reports its progress in the background. */
  reportProgress(held: HeldDelivery, progress: string | Buffer): void;
}

/** One attempt at one message, as the session that holds it knows it. */
export class HeldDelivery<Body = unknown>
  extends Held<Body, QueueSettler>
  implements Delivery<Body>
{
  /** The receipt within its consumer. */
  readonly number: number;
  readonly element: Slice;
  /** How long it has been with a handler, in µs, once it is settled: only where that matters. */
  declare ranUs: number | undefined;
  /** How many messages share this time: only where a batch has one key. */
  declare sharedBy: number | undefined;
  /** See {@link RetryOptions}. */
  declare isLimited: boolean | undefined;
  /** For how long a handler may have it, in ms: only where its producer says so. */
  declare timeoutMs: number | undefined;
  /** For how long its result is kept, in ms: only where its producer says so. */
  declare keepResultMs: number | undefined;
  /** That result, where there is one. */
  declare result: string | Buffer | undefined;
  /** What is sent when it is acknowledged, where there is any. */
  declare followUps: readonly PreparedFollowUp[] | undefined;
  /** The flow that it is a member of, as headers name it: only for members. */
  declare memberOf: string | undefined;
  /** The error of this attempt as JSON, where that is kept. */
  declare failure: string | undefined;
  /** Runs until it is settled or its time is up, where that is limited. */
  declare timer: NodeJS.Timeout | undefined;
  #envelope: Envelope | undefined;

  constructor(settler: QueueSettler, number: number, element: Slice) {
    super(settler);
    this.number = number;
    this.element = element;
  }

  get queue(): string {
    return this.settler.queue;
  }

  get receipt(): string {
    return `${this.settler.consumer}-${this.number}`;
  }

  override toJSON(): object {
    const { queue, id, body, headers, key, priority, sentAt, attempt, receipt } = this;
    const rest = { headers, key, priority, sentAt, attempt, receipt };
    return { queue, id, body: bodyInJson(body), ...rest };
  }

  /** Read only when it is asked for: most handlers need nothing but the body. */
  get envelope(): Envelope {
    this.#envelope ??= decodeEnvelope(this.element.bytes, this.receipt);
    return this.#envelope;
  }

  get size(): number {
    return this.element.size;
  }

  override async ack(options: AckOptions = {}): Promise<void> {
    refuseUnknownOptions('ack()', options, ackOptionNames);
    const followUps = options.send && (await prepareFollowUps(options.send));
    if (followUps && followUps.length > 0 && !this.isSettled) this.followUps = followUps;
    if (this.keepsResult && !this.isSettled) {
      this.result = this.settler.resultBytes(options.result);
    }
    await super.ack();
  }

  progress(value: unknown): void {
    if (this.keepResultMs === undefined || this.isSettled) return;
    const bytes = this.settler.resultBytes(value);
    if (bytes !== undefined) this.settler.reportProgress(this as HeldDelivery, bytes);
  }

  /** Returns it for another attempt, or for this one once more. */
  override async retry(options: RetryOptions = {}): Promise<void> {
    refuseUnknownOptions('retry()', options, retryOptionNames);
    const { delayMs = 0, limited = false } = options;
    wholeNumber('delayMs', delayMs, { min: 0 });
    if (typeof limited !== 'boolean') {
      throw new InvalidArgumentError(`limited is true or false, got ${shown(limited)}`);
    }
    if (limited && delayMs === 0) {
      throw new InvalidArgumentError('limited needs a delayMs of at least 1: how long to wait');
    }
    if (!this.isSettled) this.isLimited = limited;
    await super.retry({ delayMs });
  }

  /** What its handler returns, or why it fails, is kept. */
  get keepsResult(): boolean {
    if (this.keepResultMs !== undefined) return true;
    return this.memberOf !== undefined && asksForResults(this.memberOf);
  }

  get flow(): FlowName | undefined {
    return flowNameIn(this.envelope.flow);
  }

  get flowEnd(): FlowEnd | undefined {
    return this.envelope.flowEnd;
  }

  /** It was active while its consumer died, and may have been the cause. */
  get isSuspect(): boolean {
    return beginningOf(this.element) === 'touched' && isSuspect(this.element.bytes);
  }

  get id(): string {
    return this.envelope.id;
  }

  get headers(): Headers {
    return this.envelope.headers;
  }

  /** False when it surely has none: that costs less than reading them. */
  get mayHaveHeaders(): boolean {
    return this.element.hasBefore('"headers"', '\n');
  }

  get key(): string | undefined {
    return this.envelope.key;
  }

  get priority(): number {
    return this.envelope.priority;
  }

  get sentAt(): Date | undefined {
    return toDate(this.envelope.sentAt);
  }

  get attempt(): number {
    return this.envelope.deliveries + 1;
  }

  /** After this time, a handler may have it no longer: unless it is settled before, it is claimed, and `failed` is called. */
  limitTime(timeoutMs: number, failed: (error: AttemptTimeoutError) => void): void {
    this.timer = setTimeout(() => {
      if (!this.claim()) return;
      const error = new AttemptTimeoutError({ id: this.named.id, timeoutMs });
      this.lose(error);
      failed(error);
    }, timeoutMs);
  }

  /** It is settled: nothing is limited any more. */
  endTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  override lose(reason: Error): void {
    if (this.timer) this.endTimer();
    super.lose(reason);
  }

  /**
   * It is settled: notes how long it has been with a handler. A key whose messages take no time would always be the
   * next one.
   */
  measure(): void {
    if (!this.isStarted) return;
    const us = (1000 * (performance.now() - this.startedAt)) / (this.sharedBy ?? 1);
    this.ranUs = Math.max(1, Math.round(us));
  }

  /** Its envelope may not be readable. */
  get named(): Delivered {
    try {
      return { kind: 'message', id: this.id };
    } catch {
      return { kind: 'message', id: this.receipt };
    }
  }

  /**
   * Makes the body available: returns a promise only if the schema is asynchronous.
   *
   * @param clock knows the server's time, in ms since 1970: asked only where it matters.
   * @throws DecodeError, ValidationError, ExpiredError.
   */
  open(context: QueueContext<Body>, clock: { serverNow: number }): Promise<void> | undefined {
    // It may have been cancelled while it waited here.
    if (this.lostBy) throw this.lostBy;
    const beginning = beginningOf(this.element);
    if (beginning === 'touched') {
      const flow = leadingFlow(this.element);
      if (flow === undefined) this.#readHeader(clock);
      else this.memberOf = flow;
    }
    const body = decodeElement(context.codec, this.element, beginning);
    if (context.schema) return this.openWith(validate(context.schema, body));
    this.opened(body as Body);
    return undefined;
  }

  /** Lets an envelope that cannot be read pass for a bare payload, so that it has an id at least. */
  tolerate(): void {
    try {
      this.#envelope = this.envelope;
    } catch {
      this.#envelope = asBare(this.element.bytes, this.receipt);
    }
  }

  #readHeader(clock: { serverNow: number }): void {
    const { expiresAt, timeoutMs, keepResultMs, flow } = this.envelope;
    if (flow !== undefined) this.memberOf = flow;
    if (keepResultMs !== undefined) this.keepResultMs = keepResultMs;
    if (expiresAt !== undefined && expiresAt <= clock.serverNow) throw new ExpiredError(this.named);
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs;
  }
}
