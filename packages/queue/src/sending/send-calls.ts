import { InvalidArgumentError } from '@redpost/core';
import { compose, isObserved, observeSend, type Wrapper } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import type { Outgoing } from './outgoing.js';
import type { AroundSend, BatchItem, Producer, SendResult } from './producer.js';
import type { SendOptions } from './send-options.js';

/** A message that is about to be sent: what surrounds sends may change its body and options. */
export interface SendingMessage<Input = unknown> {
  /** The name of the queue. */
  readonly queue: string;
  body: Input;
  options: SendOptions;
}

/**
 * Runs around each send. `next()` sends the message, and resolves to its id. What this returns is what `send` resolves to;
 * without a call of `next()`, nothing is sent.
 */
export type SendWrapper<Input = unknown> = (
  message: SendingMessage<Input>,
  next: () => Promise<string>,
) => Promise<string> | string;

type Send = (body: never, options: SendOptions) => Promise<string>;

/** A message with what sends it in the end, so that what surrounds sends is put together once for all of them. */
interface Sending {
  message: SendingMessage;
  send: Send;
}

/** The calls of a queue that send, with what surrounds or observes them. */
export class SendCalls<Body, Input> {
  readonly #context: QueueContext<Body>;
  readonly #producer: Producer<Body, Input>;
  readonly #wrappers: Wrapper<Sending>[] = [];
  /** All wrappers around the send; undefined without any. */
  #surrounded: ((sending: Sending) => unknown) | undefined;
  readonly #sendOne: Send = (body, options) => this.#producer.send(body, options);

  constructor(context: QueueContext<Body>, producer: Producer<Body, Input>) {
    this.#context = context;
    this.#producer = producer;
  }

  /** Adds what runs around each send, inside of what was added before. */
  use(wrapper: SendWrapper): void {
    const around = wrapper as (message: SendingMessage, next: () => Promise<unknown>) => unknown;
    this.#wrappers.push(({ message }, next) => around(message, next));
    this.#surrounded = compose(this.#wrappers, ({ message: { body, options }, send }) =>
      send(body as never, options),
    );
  }

  /** @param method the name of the method that was called. */
  send(body: Input, options: SendOptions, method: string): Promise<string> {
    if (!this.#surrounded) return this.#send(body, options, method);
    return this.#around(body, options, (its, given) => this.#send(its, given, method));
  }

  sendBatch(items: readonly BatchItem<Input>[]): Promise<SendResult[]> {
    const surround: AroundSend = (body, options, send) => this.#around(body, options, send);
    const around = this.#surrounded ? surround : undefined;
    if (!isObserved('send')) return this.#producer.sendBatch(items, around);
    const headers: Record<string, string> = {};
    const operation = this.#operation('sendBatch', items.length, headers);
    return observeSend(operation, () => {
      const observed = items.map((item) => withHeaders(item, headers));
      return this.#producer.sendBatch(observed, around);
    });
  }

  /**
   * Makes a message ready to be sent with an acknowledgement, or as a member of a flow: `next()` resolves when it is ready.
   *
   * @param flow as headers name it; '' for none.
   */
  prepare(body: Input, options: SendOptions, flow: string): Outgoing | Promise<Outgoing> {
    if (!this.#surrounded && !isObserved('send')) {
      return this.#producer.prepare(body, options, flow);
    }
    return this.#prepare(body, options, flow);
  }

  async #prepare(body: Input, options: SendOptions, flow: string): Promise<Outgoing> {
    let prepared: Outgoing | undefined;
    await this.#around(body, options, (its, given) =>
      this.#observed('ack', its, given, async (body, observed) => {
        prepared = await this.#producer.prepare(body, observed, flow);
        return prepared.id;
      }),
    );
    if (prepared) return prepared;
    throw new InvalidArgumentError(
      'A function of useSend() did not call next() for a message that is sent with an acknowledgement or by a flow',
    );
  }

  #send(body: Input, options: SendOptions, method: string): Promise<string> {
    return this.#observed(method, body, options, this.#sendOne);
  }

  #around(body: unknown, options: SendOptions, send: Send): Promise<string> {
    if (!this.#surrounded) return send(body as never, options);
    const message = { queue: this.#context.name, body, options };
    return this.#surrounded({ message, send }) as Promise<string>;
  }

  /** @param send made once where many messages are sent: a function for each of them would be dear. */
  #observed(method: string, body: unknown, options: SendOptions, send: Send): Promise<string> {
    if (!isObserved('send')) return send(body as never, options);
    const headers: Record<string, string> | undefined = options.bare ? undefined : {};
    return observeSend(this.#operation(method, 1, headers), () =>
      send(body as never, headers ? withHeaders(options, headers) : options),
    );
  }

  #operation(method: string, count: number, headers: Record<string, string> | undefined) {
    const { name, connection } = this.#context;
    return { kind: 'queue' as const, name, address: connection.address, method, count, headers };
  }
}

/** The same options with more headers, unless there are none or they would be refused. */
function withHeaders<Options extends SendOptions>(
  options: Options,
  headers: Record<string, string>,
): Options {
  if (options.bare || isEmpty(headers)) return options;
  const { headers: own, ...others } = options;
  return { headers: Object.assign({}, own, headers), ...others } as unknown as Options;
}

function isEmpty(headers: Record<string, string>): boolean {
  for (const _ in headers) return false;
  return true;
}
