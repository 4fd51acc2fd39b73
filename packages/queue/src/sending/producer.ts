import {
  ClosedError,
  encodeBody,
  InvalidArgumentError,
  refuseTooLarge,
  SendOrder,
  validate,
} from '@redpost/core';
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
import type { Partitions } from '../partitions/partitions.js';
import { SendTurns } from '../partitions/send-turns.js';
import { type Condition, isInHeader } from './condition.js';
import { newId } from './message-id.js';
import type { Outgoing } from './outgoing.js';
import { Outlet, type OutletOptions } from './outlet.js';
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

export interface ProducerOptions extends Omit<OutletOptions, 'sending'> {
  maxMessageBytes: number;
}

/** Sends messages. Those of one tick are batched into few commands. */
export class Producer<Body, Input> {
  readonly #context: QueueContext<Body>;
  readonly #partitions: Partitions;
  readonly #options: ProducerOptions;
  readonly #unsettled = new Set<Promise<void>>();
  readonly #order = new SendOrder();
  /** Into the lists that the queue has, as far as they were used. */
  readonly #outlets: Outlet[] = [];
  /** Into the list of the queue's name. */
  readonly #main: Outlet;
  readonly #turns: SendTurns;
  #isClosed = false;

  /** @param context the list of the queue's name. */
  constructor(context: QueueContext<Body>, partitions: Partitions, options: ProducerOptions) {
    this.#context = context;
    this.#partitions = partitions;
    this.#options = options;
    this.#turns = new SendTurns(() => partitions.refresh());
    this.#main = this.#outlet(0);
  }

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
    const partitions = this.#partitions;
    const mayDiffer = message.together !== undefined && partitions.mayDiffer(message.together);
    if (firstUse.isOver && partitions.isKnown && !mayDiffer) {
      return valid ? valid.then(() => message) : message;
    }
    const isFree = firstUse.before({}, async () => {});
    return Promise.all([isFree, this.#place(message, valid)]).then(() => {
      // It is sent by others, some time later.
      this.#begin(message, true)?.();
      return message;
    });
  }

  /** The list that such a message goes to: of one that may go to any, the next one. */
  listFor(message: Outgoing): string {
    return this.#outlet(this.#placeOf(message)).list;
  }

  /** Resolves when everything that was sent is settled. Nothing more can be sent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const outlet of this.#outlets) outlet?.close();
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
    const partitions = this.#partitions;
    const { together } = message;
    if (!partitions.isKnown || (together !== undefined && partitions.mayDiffer(together))) {
      return this.#enqueueInOrder(message, this.#place(message, valid), true);
    }
    if (!valid && this.#order.isFree(onlyLine)) return this.#enqueue(message);
    // The number of partitions may be another one when it is its turn. Those behind it have to follow it.
    if (together !== undefined) message.toList = partitions.placeNow(together);
    return this.#enqueueInOrder(message, valid);
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
      together: key ?? condition?.key ?? (keepResultMs === undefined ? undefined : id),
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
      together: undefined,
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

  #enqueueInOrder(
    message: Outgoing,
    ready: Promise<unknown> | undefined,
    wasAsked = false,
  ): Promise<string> {
    return this.#tracked(
      this.#order.wait(onlyLine, ready, () => {
        const settled = this.#begin(message, wasAsked);
        const sending = this.#enqueue(message);
        if (settled) sending.then(settled, settled);
        return sending;
      }),
    );
  }

  #enqueue(message: Outgoing): Promise<string> {
    return new Promise((resolve, reject) => {
      message.resolve = resolve;
      message.reject = reject;
      const outlet =
        this.#partitions.count === 0 ? this.#main : this.#outlet(this.#placeOf(message));
      outlet.add(message);
    });
  }

  /** Finds out where it goes, once it is valid. */
  async #place(message: Outgoing, valid: Promise<unknown> | undefined): Promise<void> {
    if (valid) await valid;
    const { timeoutMs } = this.#options;
    const { together } = message;
    if (together === undefined) await this.#partitions.learn({ timeoutMs });
    else message.toList = await this.#partitions.ask(together, { timeoutMs });
  }

  /** It is sent now, where that had to be found out. Returns what is to be called when it was sent, if anything. */
  #begin(message: Outgoing, wasAsked: boolean): (() => void) | undefined {
    const { together, toList } = message;
    if (together === undefined || toList === undefined) return undefined;
    const { at, isDetour } = this.#partitions.begin(together, toList, wasAsked);
    message.toList = at;
    return isDetour ? () => this.#partitions.settled(together) : undefined;
  }

  #placeOf({ toList, together }: Outgoing): number {
    this.#partitions.noteSends();
    if (toList !== undefined) return toList;
    const { count } = this.#partitions;
    if (count === 0) return 0;
    return together === undefined
      ? 1 + this.#turns.next(count)
      : this.#partitions.placeNow(together);
  }

  /** @param at its number among the lists of the queue. */
  #outlet(at: number): Outlet {
    const outlet = this.#outlets[at];
    if (outlet) return outlet;
    const { maxLength, ...options } = this.#options;
    const context = this.#partitions.known[at] as QueueContext;
    const opened = new Outlet(context, {
      ...options,
      maxLength: maxLength && {
        ...maxLength,
        count: Math.ceil(maxLength.count / Math.max(1, this.#partitions.count)),
      },
      sending: (sent) => void this.#tracked(sent),
    });
    this.#outlets[at] = opened;
    return opened;
  }
}

function onceIn(condition: Condition | undefined): string {
  return condition && isInHeader(condition) ? onceJson(condition.word, condition.key) : '';
}

function notYet(): void {}

/** The options of a call without options, which need no check. */
export const noOptions: SendOptions = Object.freeze({});
