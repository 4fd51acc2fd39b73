import { randomBytes } from 'node:crypto';
import {
  ClosedError,
  type Codec,
  type Connection,
  DecodeError,
  decodeBody,
  longestTimerMs,
  type NamesOf,
  type RedpostError,
  refuseUnknownOptions,
  TimeoutError,
  type Unlisten,
  type Unsubscribe,
  wholeNumber,
} from '@redpost/core';
import { clearTimeout, onAbort, outsideContext, setTimeout } from '@redpost/core/consuming';
import { NoResponderError, ResponderError } from '../errors.js';
import type { Publisher } from '../publishing/publisher.js';
import { sealRequest, unsealAnswer } from './request-format.js';

/** Options of a request. */
export interface RequestOptions {
  /** How long to wait for the answer, in ms. Default 10 000. */
  timeoutMs?: number | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

const optionNames: NamesOf<RequestOptions> = { timeoutMs: true, signal: true };

export interface RequestsSetup {
  connection: Connection;
  publisher: Publisher;
  codec: Codec<unknown>;
  sharded: boolean;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Requests that wait for their answers, which all arrive on one channel of this process. */
export class Requests {
  readonly #setup: RequestsSetup;
  readonly #replyTo = `redpost:replies:${randomBytes(9).toString('base64url')}`;
  readonly #waiting = new Map<number, Waiting>();
  #listening: Promise<Unsubscribe> | undefined;
  #unlisten: Unlisten | undefined;
  #lastId = 0;
  #closed = false;

  constructor(setup: RequestsSetup) {
    this.#setup = setup;
  }

  async request(channel: string, body: unknown, options: RequestOptions): Promise<unknown> {
    refuseUnknownOptions('request()', options, optionNames);
    const { timeoutMs = 10_000, signal } = options;
    wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
    signal?.throwIfAborted();
    const payload = this.#setup.publisher.encode(channel, body);

    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `No responder answered on channel ${channel} within ${timeoutMs} ms`;
        waiting.reject(new TimeoutError(message, { outcome: 'unknown' }));
      }, timeoutMs);
      const leave = () => {
        clearTimeout(timer);
        forget();
        this.#waiting.delete(id);
      };
      const waiting: Waiting = {
        resolve: (answer) => {
          leave();
          resolve(answer);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const forget = onAbort(signal, () => waiting.reject(signal?.reason));
      this.#waiting.set(id, waiting);
      this.#send(id, channel, payload).catch(waiting.reject);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unlisten?.();
    this.#rejectAll('This PubSub was closed');
    const listening = this.#listening;
    // The caller that opened it got the error.
    const unsubscribe = await listening?.catch(() => undefined);
    await unsubscribe?.();
  }

  #rejectAll(why: string): void {
    for (const { reject } of [...this.#waiting.values()]) {
      reject(new ClosedError(`${why} while a request waited`, { outcome: 'unknown' }));
    }
  }

  async #send(
    id: number,
    channel: string,
    body: string | Buffer | Promise<string | Buffer>,
  ): Promise<void> {
    const { connection, publisher, sharded } = this.#setup;
    const payload = await body;
    await this.#listen();
    if (!this.#waiting.has(id)) return;
    const request = sealRequest({ id, replyTo: this.#replyTo }, payload);
    const receivers = await publisher.publishBytes(channel, request);
    // In a Cluster, those on other nodes are not counted, unless the channel lives on one node.
    if (receivers > 0 || (connection.isCluster && !sharded)) return;
    throw new NoResponderError(`No subscriber listens to channel ${channel}`);
  }

  async #listen(): Promise<void> {
    if (this.#closed) throw new ClosedError('This PubSub is closed');
    // The subscription serves all callers, which may have different contexts.
    this.#listening ??= outsideContext(() => this.#subscribe());
    try {
      await this.#listening;
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
  }

  #subscribe(): Promise<Unsubscribe> {
    const { connection, sharded } = this.#setup;
    this.#unlisten ??= connection.on('closed', () => this.#rejectAll('The connection was closed'));
    return connection.subscribe(
      { kind: sharded ? 'shard' : 'channel', name: this.#replyTo },
      { message: (_, payload) => this.#settle(payload.bytes) },
    );
  }

  /** An answer without a waiting request is late, or a second answer. */
  #settle(bytes: Buffer): void {
    const { id, failed, body } = unsealAnswer(bytes);
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    try {
      if (failed) waiting.reject(remoteError(body));
      else waiting.resolve(decodeBody(this.#setup.codec, body));
    } catch (error) {
      waiting.reject(error);
    }
  }
}

function remoteError(bytes: Buffer): RedpostError {
  try {
    const { name, message } = JSON.parse(bytes.toString()) as { name: string; message: string };
    return new ResponderError(`The responder failed: ${message}`, { remoteName: name });
  } catch (cause) {
    const message = 'The responder failed, and its error is not JSON with a message';
    return new DecodeError(message, { bytes: Buffer.from(bytes), cause });
  }
}
