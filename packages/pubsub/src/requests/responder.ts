import { asError, type Codec, encodeBody, isRedpostError, type NamesOf } from '@redpost/core';
import { messageOf, shortened } from '@redpost/core/consuming';
import type { Message } from '../message/message.js';
import type { Publisher } from '../publishing/publisher.js';
import type { ChannelSubscription } from '../subscribing/channel-subscription.js';
import type { BufferOptions } from '../subscribing/subscribe-options.js';
import type { Subscription } from '../subscribing/subscription.js';
import { sealAnswer } from './request-format.js';

/** Options of a responder. */
export interface RespondOptions extends Pick<BufferOptions, 'maxBuffered'> {
  /** Shares the requests with the other responders of this group: one of them answers. */
  group?: string | undefined;
  /** How many requests are answered at a time. Default 100. */
  concurrency?: number | undefined;
  /** Closes the responder. */
  signal?: AbortSignal | undefined;
}

export const respondOptionNames: NamesOf<RespondOptions> = {
  maxBuffered: true,
  group: true,
  concurrency: true,
  signal: true,
};

/** Answers requests until it is closed. Its events are those of a subscription. */
export type Responder = Pick<
  Subscription,
  'on' | 'close' | 'closeReason' | 'buffered' | 'dropped'
> &
  AsyncDisposable;

/** Answers one request with its result. An error that it throws is sent to the requester. */
export type RespondHandler<Body> = (body: Body, channel: string) => unknown;

export interface IncomingRequest<Body> {
  id: number;
  replyTo: string;
  body: Body;
}

export interface AnsweringSetup<Body> {
  publisher: Publisher;
  codec: Codec<unknown>;
  handler: RespondHandler<Body>;
  concurrency: number;
}

/** Calls a handler for each request, up to `concurrency` at a time, and publishes its answer. */
export class Answering<Body> {
  readonly #setup: AnsweringSetup<Body>;
  #active = 0;
  #onRoom: (() => void) | undefined;
  #subscription: ChannelSubscription<IncomingRequest<Body>> | undefined;

  constructor(setup: AnsweringSetup<Body>) {
    this.#setup = setup;
  }

  /** Where failures are reported. */
  reportTo(subscription: ChannelSubscription<IncomingRequest<Body>>): void {
    this.#subscription = subscription;
  }

  /** Begins to answer. When `concurrency` requests are being answered, resolves when one of them is finished. */
  readonly take = ({
    channel,
    body: request,
  }: Message<IncomingRequest<Body>>): Promise<void> | undefined => {
    this.#active += 1;
    void this.#answer(channel, request)
      .catch((error) => this.#report(error))
      .finally(() => {
        this.#active -= 1;
        this.#onRoom?.();
      });
    if (this.#active < this.#setup.concurrency) return undefined;
    // Not `Promise.race()`: each race would be kept in memory by a handler that never ends.
    return new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  };

  /**
   * When the program has closed the connection, the event `closed` has reported that no request is answered
   * any more.
   */
  #report(error: unknown): void {
    if (!isRedpostError(error, 'CLOSED')) this.#subscription?.report(asError(error));
  }

  async #answer(channel: string, { id, replyTo, body }: IncomingRequest<Body>): Promise<void> {
    const { publisher } = this.#setup;
    const answer = await this.#tryHandler(channel, body).then(
      (result) => sealAnswer({ id, failed: false }, result),
      (thrown) => {
        const error = { name: shortened(asError(thrown).name), message: messageOf(thrown) };
        return sealAnswer({ id, failed: true }, JSON.stringify(error));
      },
    );
    await publisher.publishBytes(replyTo, answer);
  }

  async #tryHandler(channel: string, body: Body): Promise<string | Buffer> {
    const { handler, codec, publisher } = this.#setup;
    const encoded = encodeBody(codec, await handler(body, channel));
    return publisher.checked(typeof encoded === 'string' ? encoded : Buffer.from(encoded));
  }
}
