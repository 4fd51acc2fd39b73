import type { RedpostError } from '@redpost/core';
import { clearTimeout, onAbort, Slice, setImmediate, setTimeout } from '@redpost/core/consuming';
import { type Message, OpenedMessage, type ReceivedMessage } from '../message/message.js';
import type { MessageBuffer } from './message-buffer.js';

export interface InboxOptions<Body> {
  buffer: MessageBuffer<ReceivedMessage>;
  decode: (received: ReceivedMessage) => Body | Promise<Body>;
  /** True when all bodies are what JSON has: then messages are plain objects. */
  isJson: boolean;
  /** Called for a message that `decode` refuses; the reader gets the one after it. */
  onInvalid: (received: ReceivedMessage, error: RedpostError) => void;
  /** Called when a message has been taken from the buffer. */
  onTaken: () => void;
}

export interface WaitOptions {
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A waiting reader, which gets the next message, or `undefined` when there will be none. */
interface Reader<Body> {
  settle(message: Message<Body> | undefined): void;
}

/**
 * Where messages wait for their readers. They are decoded when they are read, so that dropped messages are
 * never decoded, and one at a time, so that an asynchronous schema keeps the order.
 */
export class Inbox<Body> {
  readonly #buffer: MessageBuffer<ReceivedMessage>;
  readonly #decode: InboxOptions<Body>['decode'];
  readonly #isJson: boolean;
  readonly #onInvalid: InboxOptions<Body>['onInvalid'];
  readonly #onTaken: InboxOptions<Body>['onTaken'];
  readonly #readers = new Set<Reader<Body>>();
  /** How many messages came since `#detach` was called last. */
  #attached = 0;
  #isOpening = false;
  /** The decoded message, if its reader has given up meanwhile. */
  #opened: Message<Body> | undefined;
  #ended = false;

  constructor({ buffer, decode, isJson, onInvalid, onTaken }: InboxOptions<Body>) {
    this.#buffer = buffer;
    this.#decode = decode;
    this.#isJson = isJson;
    this.#onInvalid = onInvalid;
    this.#onTaken = onTaken;
  }

  get size(): number {
    return this.#buffer.size;
  }

  /** True while an asynchronous schema checks the next message. */
  get isOpening(): boolean {
    return this.#isOpening;
  }

  /** Returns false when a message was dropped because the buffer is full. */
  push(received: ReceivedMessage): boolean {
    if (this.#attached === 0) setImmediate(this.#detach);
    this.#attached += 1;
    const kept = this.#buffer.push(received);
    if (this.#readers.size > 0) this.#serve();
    return kept;
  }

  /** The next message if it is there: costs no promise. */
  take(): Message<Body> | undefined {
    return this.#readers.size === 0 ? this.#takeNext() : undefined;
  }

  /**
   * The next message, or `undefined` when the time is over or no message will come any more.
   *
   * @throws the signal's reason when it is aborted.
   */
  next({ timeoutMs, signal }: WaitOptions = {}): Promise<Message<Body> | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const message = this.take();
    if (message || this.#isDrained || timeoutMs === 0) return Promise.resolve(message);
    return this.#wait(timeoutMs, signal);
  }

  /** No message will come any more. Waiting messages can still be read, unless they are to be discarded. */
  end({ discard }: { discard: boolean }): void {
    this.#ended = true;
    if (discard) {
      this.#buffer.clear();
      this.#opened = undefined;
      this.#isOpening = false;
    }
    this.#serve();
  }

  /**
   * Messages that have arrived together share one piece of memory. Most are read at once; one that waits for longer must not
   * keep all of it.
   */
  readonly #detach = (): void => {
    this.#buffer.replaceNewest(this.#attached, copyOf);
    this.#attached = 0;
  };

  get #isDrained(): boolean {
    return this.#ended && !this.#isOpening && !this.#opened && this.#buffer.size === 0;
  }

  #wait(
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Message<Body> | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        forget();
        this.#readers.delete(reader);
      };
      const reader: Reader<Body> = {
        settle(message) {
          leave();
          resolve(message);
        },
      };
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => reader.settle(undefined), timeoutMs);
      const forget = onAbort(signal, () => {
        leave();
        reject(signal?.reason);
      });
      this.#readers.add(reader);
    });
  }

  /** Gives messages to the waiting readers, in the order in which these came. */
  #serve(): void {
    for (const reader of this.#readers) {
      const message = this.#takeNext();
      if (!message && !this.#isDrained) return;
      reader.settle(message);
    }
  }

  /** The next message that can be read, unless there is none or it takes time. */
  #takeNext(): Message<Body> | undefined {
    if (this.#opened) {
      const message = this.#opened;
      this.#opened = undefined;
      return message;
    }
    while (!this.#isOpening) {
      const received = this.#buffer.shift();
      if (!received) return undefined;
      this.#onTaken();
      const message = this.open(received);
      if (message) return message;
    }
    return undefined;
  }

  /** Decodes a message that is the next one, unless it is invalid or takes time. */
  open(received: ReceivedMessage): Message<Body> | undefined {
    try {
      const body = this.#decode(received);
      if (!(body instanceof Promise)) return this.#messageOf(received, body);
      void this.#finishOpening(received, body);
    } catch (error) {
      this.#onInvalid(received, error as RedpostError);
    }
    return undefined;
  }

  async #finishOpening(received: ReceivedMessage, body: Promise<Body>): Promise<void> {
    this.#isOpening = true;
    let opened: Message<Body> | undefined;
    try {
      opened = this.#messageOf(received, await body);
    } catch (error) {
      this.#onInvalid(received, error as RedpostError);
    }
    // Discarded meanwhile.
    if (!this.#isOpening) return;
    this.#isOpening = false;
    this.#opened = opened;
    this.#serve();
  }

  #messageOf(received: ReceivedMessage, body: Body): Message<Body> {
    if (!this.#isJson) return new OpenedMessage(received, body);
    const { channel, pattern } = received;
    return { channel, body, pattern };
  }
}

function copyOf({ channel, pattern, payload }: ReceivedMessage): ReceivedMessage {
  return { channel, pattern, payload: Slice.of(Buffer.from(payload.bytes)) };
}
