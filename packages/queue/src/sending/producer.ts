import {
  type CallOptions,
  ClosedError,
  encodeBody,
  InvalidArgumentError,
  refuseTooLarge,
  SendOrder,
  TickBatch,
  validate,
} from '@redpost/core';
import { areObserved, fail, reportSent } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import {
  attemptJson,
  encodeEnvelope,
  encodePlainEnvelope,
  handlingJson,
  isEnvelope,
  onceJson,
  placeJson,
} from '../message/envelope.js';
import { send, sendPlaced } from '../scripts/send.js';
import { BoundedSends } from './bounded-sends.js';
import { type Condition, isInHeader } from './condition.js';
import { hasCondition, sendConditionally } from './conditional-sends.js';
import { refuseFullKeys } from './full-keys.js';
import type { Bound } from './max-length.js';
import { newId } from './message-id.js';
import type { Outgoing } from './outgoing.js';
import { RoomLine } from './room-line.js';
import { checkSendOptions, type SendOptions } from './send-options.js';

/** One message of a batch. */
export interface BatchItem<Body> extends SendOptions {
  body: Body;
}

/** The result for one message of a batch. */
export type SendResult =
  /**
   * `duplicate`: it was not sent, because of an earlier message with the same `once.key` or `throttle.key`; `replaced`:
   * it is part of an earlier one with the same `debounce.key`. The id is that of the earlier message.
   */
  | { status: 'sent' | 'duplicate' | 'replaced'; id: string }
  /** If the `outcome` of the error is `unknown`, the message may be in Redis nevertheless. */
  | { status: 'failed'; id: string | undefined; error: unknown };

/** Runs around each send of a batch. The body is of the type that the producer takes. */
export type AroundSend = (
  body: unknown,
  options: SendOptions,
  send: (body: never, options: SendOptions) => Promise<string>,
) => Promise<string>;

/** All messages of a queue are in one line, and wait for those before them. */
const onlyLine = '';

/** The most messages and bytes of one command: few, so that the server executes one while the next one is written. */
const limits = { count: 64, bytes: 64 * 1024 };

/** The most messages of a command that is a script, which takes the server longer. */
const mostOfScript = 40;

export interface ProducerOptions {
  timeoutMs: number | undefined;
  replicas: number;
  maxMessageBytes: number;
  /** Undefined for a queue without a bound. */
  maxLength: Bound | undefined;
  /** Called with the number of messages that were dropped for new ones. */
  dropped(count: number): void;
}

/** Sends messages. Those of one tick are batched into few commands. */
export class Producer<Body, Input> {
  readonly #context: QueueContext<Body>;
  readonly #options: ProducerOptions;
  readonly #unsettled = new Set<Promise<void>>();
  readonly #order = new SendOrder();
  readonly #bounded: BoundedSends | undefined;
  /** Where sends wait for room, one for each batch. */
  readonly #roomLines: RoomLine[] = [];
  #isClosed = false;

  constructor(context: QueueContext<Body>, options: ProducerOptions) {
    this.#context = context;
    this.#options = options;
    const { maxLength, dropped } = options;
    if (maxLength) this.#bounded = new BoundedSends(context as QueueContext, maxLength, dropped);
    this.#batch = this.#openBatch(options.replicas);
  }

  readonly #batch: TickBatch<Outgoing>;
  /** Batches for sends with another number of replicas than the queue's. */
  readonly #otherBatches = new Map<number, TickBatch<Outgoing>>();

  send(body: Input, options: SendOptions): Promise<string> {
    try {
      return this.#submit(this.#prepare(body, options), body);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param around what runs around each send, if anything. */
  async sendBatch(items: readonly BatchItem<Input>[], around?: AroundSend): Promise<SendResult[]> {
    const messages: (Outgoing | undefined)[] = [];
    const sent = items.map(({ body, ...options }, at) => {
      const send = (its: Input, given: SendOptions) => {
        try {
          const message = this.#prepare(its, given);
          messages[at] = message;
          return this.#submit(message, its);
        } catch (error) {
          return Promise.reject(error);
        }
      };
      return around ? around(body, options, send) : send(body, options);
    });
    const outcomes = await Promise.allSettled(sent);
    return outcomes.map((outcome, at) =>
      outcome.status === 'fulfilled'
        ? { status: messages[at]?.status ?? 'sent', id: outcome.value }
        : { status: 'failed', id: items[at]?.id, error: outcome.reason },
    );
  }

  /** Makes a message ready to be sent, as a member of a flow or ''. Returns a promise only if the schema is asynchronous. */
  prepare(body: Input, options: SendOptions, flow: string): Outgoing | Promise<Outgoing> {
    const message = this.#prepare(body, options, flow);
    const valid = this.#validate(body);
    const { firstUse } = this.#context;
    if (firstUse.isOver) return valid ? valid.then(() => message) : message;
    const isFree = firstUse.before({}, async () => {});
    return Promise.all([isFree, valid]).then(() => message);
  }

  /** Resolves when everything that was sent is settled. Nothing more can be sent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const batch of [this.#batch, ...this.#otherBatches.values()]) batch.flush();
    for (const line of this.#roomLines) line.close();
    await Promise.all(this.#unsettled);
    // Messages that waited for an asynchronous schema have only been sent now.
    if (this.#unsettled.size > 0) await this.close();
  }

  #tracked<Result>(sent: Promise<Result>): Promise<Result> {
    const forget = () => void this.#unsettled.delete(settled);
    const settled: Promise<void> = sent.then(forget, forget);
    this.#unsettled.add(settled);
    return sent;
  }

  /** Returns a promise only if the schema is asynchronous. The body is sent as it was given. */
  #validate(body: Input): Promise<unknown> | undefined {
    const { schema } = this.#context;
    const result = schema && validate(schema, body);
    return result instanceof Promise ? result : undefined;
  }

  #submit(message: Outgoing, body: Input): Promise<string> {
    const valid = this.#validate(body);
    if (valid || !this.#order.isFree(onlyLine)) return this.#enqueueInOrder(message, valid);
    return this.#enqueue(message);
  }

  #prepare(body: Input, options: SendOptions, flow = ''): Outgoing {
    if (this.#isClosed) throw new ClosedError('The queue is closed');
    if (options === noOptions && flow === '') return this.#preparePlain(body);
    const condition = checkSendOptions(options);
    const { id = newId(), delayMs = 0, ttlMs = 0, replicas = this.#options.replicas } = options;
    const { key } = options;
    const place = placeJson(key, options.priority);
    const { keepResultMs, timeoutMs } = options;
    const handling =
      flow === '' ? handlingJson(options) : handlingJson({ keepResultMs, timeoutMs, flow });
    const before = attemptJson(options.attempt) + handling + place + onceIn(condition);
    const element = this.#encode(body, id, options, before);
    refuseTooLarge(element, this.#options.maxMessageBytes);
    const isInList = place === '';
    // A time before 1970 has passed, too.
    const at = options.at === undefined ? 0 : Math.max(1, options.at.getTime());
    const isPlain = isInList && delayMs === 0 && at === 0 && ttlMs === 0 && !condition;
    return {
      id,
      element,
      isPlain,
      delayMs,
      at,
      ttlMs,
      isInList,
      key,
      replicas,
      condition,
      status: 'sent',
      resolve: notYet,
      reject: notYet,
    };
  }

  /** The same for a message without options, as most are. */
  #preparePlain(body: Input): Outgoing {
    const id = newId();
    const encoded = encodeBody(this.#context.codec, body);
    const element = encodePlainEnvelope(id, Date.now(), encoded);
    refuseTooLarge(element, this.#options.maxMessageBytes);
    return {
      id,
      element,
      isPlain: true,
      delayMs: 0,
      at: 0,
      ttlMs: 0,
      isInList: true,
      key: undefined,
      replicas: this.#options.replicas,
      condition: undefined,
      status: 'sent',
      resolve: notYet,
      reject: notYet,
    };
  }

  #encode(body: Input, id: string, options: SendOptions, place: string): string | Buffer {
    const encoded = encodeBody(this.#context.codec, body);
    if (!options.bare) {
      // An id that newId has made needs no escaping.
      const idJson = options.id === undefined ? `"${id}"` : JSON.stringify(id);
      const { headers } = options;
      return encodeEnvelope({ idJson, sentAt: Date.now(), headers, place }, encoded);
    }
    if (isEnvelope(encoded)) {
      throw new InvalidArgumentError('A bare body cannot start with the bytes 0x01 "1{"');
    }
    return typeof encoded === 'string' ? encoded : Buffer.from(encoded);
  }

  #enqueueInOrder(message: Outgoing, valid: Promise<unknown> | undefined): Promise<string> {
    return this.#tracked(this.#order.wait(onlyLine, valid, () => this.#enqueue(message)));
  }

  #enqueue(message: Outgoing): Promise<string> {
    const { replicas } = message;
    const batch = replicas === this.#options.replicas ? this.#batch : this.#otherBatch(replicas);
    return new Promise((resolve, reject) => {
      message.resolve = resolve;
      message.reject = reject;
      batch.add(message, message.element.length);
      if (!message.isPlain && batch.count >= mostOfScript) batch.flush();
    });
  }

  #otherBatch(replicas: number): TickBatch<Outgoing> {
    const batch = this.#otherBatches.get(replicas) ?? this.#openBatch(replicas);
    this.#otherBatches.set(replicas, batch);
    return batch;
  }

  #openBatch(replicas: number): TickBatch<Outgoing> {
    const { timeoutMs } = this.#options;
    const { list: line } = this.#context.keys;
    const options = { line, replicas, timeoutMs };
    const sendAll = this.#sender(options);
    const { index, name, connection, firstUse } = this.#context;
    const noted = (messages: Outgoing[]) => {
      const sending = sendAll(messages);
      index.note(name);
      return sending;
    };
    const send = (messages: Outgoing[]) =>
      firstUse.isOver
        ? noted(messages)
        : firstUse
            .before(options, () => noted(messages))
            .catch((error) => failAll(messages, error));
    const destination = { kind: 'queue', name, address: connection.address } as const;
    return new TickBatch(limits, (messages) => {
      const sending = areObserved('sent')
        ? reportSent(destination, messages, () => send(messages))
        : send(messages);
      void this.#tracked(sending);
    });
  }

  /** Returns a function that sends a batch, and resolves when each of its messages is settled. */
  #sender(options: CallOptions): (messages: Outgoing[]) => Promise<void> {
    const bounded = this.#bounded;
    if (!bounded) return (messages) => this.#send(messages, options);
    if (bounded.bound.whenFull !== 'wait') return (messages) => bounded.send(messages, options);
    const { timeoutMs = this.#context.connection.callTimeoutMs } = options;
    const line = new RoomLine(bounded, options, timeoutMs);
    this.#roomLines.push(line);
    return (messages) => line.send(messages);
  }

  async #send(messages: Outgoing[], options: CallOptions): Promise<void> {
    const { connection, keys } = this.#context;
    try {
      if (messages.some(({ isPlain }) => !isPlain)) {
        if (messages.some(hasCondition)) {
          await sendConditionally(this.#context as QueueContext, messages, options);
          return;
        }
        const script = messages.every(({ isInList }) => isInList) ? send : sendPlaced;
        const refused = await connection.run(script, { keys, messages }, options);
        refuseFullKeys(this.#context.name, messages, refused);
      } else {
        const elements = messages.map(({ element }) => element);
        await connection.call('LPUSH', [keys.list, ...elements], options);
      }
      for (const { resolve, id } of messages) resolve(id);
    } catch (error) {
      failAll(messages, error);
    }
  }
}

function failAll(messages: readonly Outgoing[], error: unknown): void {
  for (const message of messages) fail(message, error);
}

function onceIn(condition: Condition | undefined): string {
  return condition && isInHeader(condition) ? onceJson(condition.word, condition.key) : '';
}

function notYet(): void {}

/** The options of a call without options, which need no check. */
export const noOptions: SendOptions = Object.freeze({});
