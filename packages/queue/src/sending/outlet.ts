import { type CallOptions, TickBatch } from '@redpost/core';
import { areObserved, fail, reportSent } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { send, sendPlaced } from '../scripts/send.js';
import { BoundedSends } from './bounded-sends.js';
import { hasCondition, sendConditionally } from './conditional-sends.js';
import { refuseFullKeys } from './full-keys.js';
import type { Bound } from './max-length.js';
import type { Outgoing } from './outgoing.js';
import { RoomLine } from './room-line.js';

/** The most messages and bytes of one command: few, so that the server executes one while the next one is written. */
const limits = { count: 64, bytes: 64 * 1024 };

/** The most messages of a command that is a script, which takes the server longer. */
const mostOfScript = 40;

export interface OutletOptions {
  timeoutMs: number | undefined;
  replicas: number;
  /** Undefined for a queue without a bound. */
  maxLength: Bound | undefined;
  /** Called with the number of messages that were dropped for new ones. */
  dropped(count: number): void;
  /** Some are under way, until this is settled. */
  sending(sent: Promise<void>): void;
}

/** The way of messages into one list: those of one tick leave in few commands. */
export class Outlet {
  readonly #context: QueueContext;
  readonly #options: OutletOptions;
  readonly #bounded: BoundedSends | undefined;
  /** Where sends wait for room, one for each batch. */
  readonly #roomLines: RoomLine[] = [];
  readonly #batch: TickBatch<Outgoing>;
  /** Batches for sends with another number of replicas than the queue's. */
  readonly #otherBatches = new Map<number, TickBatch<Outgoing>>();

  constructor(context: QueueContext, options: OutletOptions) {
    this.#context = context;
    this.#options = options;
    const { maxLength, dropped } = options;
    if (maxLength) this.#bounded = new BoundedSends(context, maxLength, dropped);
    this.#batch = this.#openBatch(options.replicas);
  }

  /** The list that messages go to. */
  get list(): string {
    return this.#context.keys.list;
  }

  add(message: Outgoing): void {
    const { replicas } = message;
    const batch = replicas === this.#options.replicas ? this.#batch : this.#otherBatch(replicas);
    batch.add(message, message.element.length);
    if (!message.isPlain && batch.count >= mostOfScript) batch.flush();
  }

  /** Sends what there is now. Nothing waits for room any more. */
  close(): void {
    for (const batch of [this.#batch, ...this.#otherBatches.values()]) batch.flush();
    for (const line of this.#roomLines) line.close();
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
      this.#options.sending(sending);
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
          await sendConditionally(this.#context, messages, options);
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
