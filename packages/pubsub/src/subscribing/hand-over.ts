import { asError } from '@redpost/core';
import { inThisContext, isThenable } from '@redpost/core/consuming';
import type { Message, ReceivedMessage } from '../message/message.js';
import type { Inbox } from './inbox.js';
import type { OnMessage } from './subscribe-options.js';

/**
 * Calls `onMessage` for each message, one at a time and in order. When no message waits, a message goes from
 * the socket to the handler without a buffer or a promise.
 */
export class HandOver<Body> {
  readonly #inbox: Inbox<Body>;
  readonly #onMessage: OnMessage<Body>;
  /** For a message that is handed over when the previous one is finished, instead of when it arrives. */
  readonly #onLaterMessage: OnMessage<Body>;
  readonly #onError: (error: Error) => void;
  /** While a handler is running, or was not started yet, messages go to the inbox. */
  #isBusy = true;

  constructor(inbox: Inbox<Body>, onMessage: OnMessage<Body>, onError: (error: Error) => void) {
    this.#inbox = inbox;
    this.#onMessage = onMessage;
    this.#onLaterMessage = inThisContext(onMessage);
    this.#onError = onError;
  }

  /** Begins with the messages that have arrived until now. */
  start(): void {
    void this.#drain();
  }

  /** Hands a message over at once; returns false when it has to wait in the inbox. */
  accept(received: ReceivedMessage): boolean {
    if (this.#isBusy) return false;
    const message = this.#inbox.open(received);
    const working = message && this.#call(this.#onMessage, message);
    if (working) void this.#drain(working);
    else if (!message && this.#inbox.isOpening) void this.#drain();
    return true;
  }

  async #drain(working?: PromiseLike<unknown>): Promise<void> {
    this.#isBusy = true;
    if (working) await this.#settled(working);
    for (;;) {
      const message = this.#inbox.take() ?? (this.#inbox.isOpening && (await this.#inbox.next()));
      if (!message) break;
      const next = this.#call(this.#onLaterMessage, message);
      if (next) await this.#settled(next);
    }
    this.#isBusy = false;
  }

  /** The handler's promise, if it returns one. */
  #call(onMessage: OnMessage<Body>, message: Message<Body>): PromiseLike<unknown> | undefined {
    try {
      const result = onMessage(message);
      return isThenable(result) ? result : undefined;
    } catch (error) {
      this.#onError(asError(error));
      return undefined;
    }
  }

  async #settled(working: PromiseLike<unknown>): Promise<void> {
    try {
      await working;
    } catch (error) {
      this.#onError(asError(error));
    }
  }
}
