import type { CallOptions } from '@redpost/core';
import { fail } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { sendBounded } from '../scripts/send-bounded.js';
import { hasCondition, type Refused, sendConditionally } from './conditional-sends.js';
import { QueueFullError } from './errors.js';
import { refuseFullKeys } from './full-keys.js';
import type { Bound } from './max-length.js';
import type { Outgoing } from './outgoing.js';

/** Sends messages to a queue as long as it is not full. */
export class BoundedSends {
  readonly bound: Bound;
  readonly #context: QueueContext;
  readonly #dropped: (count: number) => void;

  /** @param dropped called with the number of messages that were dropped for the sent ones. */
  constructor(context: QueueContext, bound: Bound, dropped: (count: number) => void) {
    this.bound = bound;
    this.#context = context;
    this.#dropped = dropped;
  }

  /** Sends the messages that fit, in their order, and rejects the others. */
  async send(messages: Outgoing[], options: CallOptions): Promise<void> {
    this.refuse(await this.offer(messages, options));
  }

  /** Sends the messages that fit, in their order, and returns the others. When the call fails, all are rejected. */
  async offer(messages: Outgoing[], options: CallOptions): Promise<Refused> {
    try {
      if (messages.some(hasCondition)) return await this.#sendConditionally(messages, options);
      const { sent, dropped, count, refused } = await this.#run(messages, options);
      if (dropped > 0) this.#dropped(dropped);
      refuseFullKeys(this.#context.name, messages, refused);
      for (const { resolve, id } of messages.slice(0, sent)) resolve(id);
      return { messages: messages.slice(sent), count };
    } catch (error) {
      for (const message of messages) fail(message, error);
      return { messages: [], count: 0 };
    }
  }

  /** Returns how many messages wait, and sends nothing. */
  async count(options: CallOptions): Promise<number> {
    return (await this.#run([], options)).count;
  }

  refuse({ messages, count }: Refused, cause?: unknown): void {
    const { count: limit, whenFull } = this.bound;
    const about = { queue: this.#context.name, count, limit, whenFull, cause };
    // Each caller gets an error with a stack of its own.
    for (const message of messages) fail(message, new QueueFullError(about));
  }

  async #sendConditionally(messages: Outgoing[], options: CallOptions): Promise<Refused> {
    const refused = await sendConditionally(this.#context, messages, options, this.#limits);
    if (refused.dropped > 0) this.#dropped(refused.dropped);
    return refused;
  }

  get #limits() {
    const { count: limit, whenFull } = this.bound;
    return { limit, drops: whenFull === 'drop-oldest' };
  }

  #run(messages: Outgoing[], options: CallOptions) {
    const { connection, keys } = this.#context;
    return connection.run(sendBounded, { keys, messages, ...this.#limits }, options);
  }
}
