import { type BatchLimits, ClosedError, type Connection, TickBatch } from '@redpost/core';
import type { MessageFormat } from './message-format.js';
import { checkedName } from './names.js';
import { type OutgoingMessage, publish } from './scripts/publish.js';

interface Pending extends OutgoingMessage {
  resolve(receivers: number): void;
  reject(error: unknown): void;
}

/** A script holds up the server while it runs: these keep it to a few milliseconds. */
const batchLimits: BatchLimits = { count: 1000, bytes: 1024 * 1024 };

/** Publishes what is given to it in one tick of the event loop in one round trip. */
export class Publisher<Body> {
  readonly #connection: Connection;
  readonly #format: MessageFormat<Body, unknown>;
  readonly #batch = new TickBatch<Pending>(batchLimits, (messages) => void this.#send(messages));
  /** By channel: settled when the last message with an asynchronous schema may be overtaken. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(connection: Connection, format: MessageFormat<Body, unknown>) {
    this.#connection = connection;
    this.#format = format;
  }

  publish(channel: string, body: Body): Promise<number> {
    try {
      if (this.#closed) throw new ClosedError('This PubSub is closed');
      checkedName('A channel', channel);
      const payload = this.#format.encode(body);
      const isPrompt = !(payload instanceof Promise) && !this.#turns.has(channel);
      return isPrompt ? this.#add(channel, payload) : this.#addInTurn(channel, payload);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Refuses what comes from now on. What was accepted still leaves. */
  close(): void {
    this.#closed = true;
  }

  #add(channel: string, payload: string | Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#batch.add({ channel, payload, resolve, reject }, channel.length + payload.length);
    });
  }

  /** A schema that takes its time must not let a later message overtake an earlier one. */
  async #addInTurn(
    channel: string,
    payload: string | Buffer | Promise<string | Buffer>,
  ): Promise<number> {
    const turn = Promise.allSettled([payload, this.#turns.get(channel)]);
    this.#turns.set(channel, turn);
    await turn;
    try {
      return this.#add(channel, await payload);
    } finally {
      if (this.#turns.get(channel) === turn) this.#turns.delete(channel);
    }
  }

  async #send(messages: Pending[]): Promise<void> {
    const [first] = messages;
    if (!first) return;
    try {
      if (messages.length === 1) first.resolve(await this.#sendOne(first));
      else await this.#sendMany(messages);
    } catch (error) {
      for (const message of messages) message.reject(error);
    }
  }

  async #sendOne({ channel, payload }: Pending): Promise<number> {
    return Number(await this.#connection.call('PUBLISH', [channel, payload]));
  }

  /**
   * The script travels as text, not by its hash: a server that does not know the hash would make
   * these messages come again after those that were published meanwhile. The text is short beside
   * a batch of messages.
   */
  async #sendMany(messages: Pending[]): Promise<void> {
    const { keys, args } = publish.encode(messages);
    const reply = await this.#connection.call('EVAL', [publish.lua, keys.length, ...args]);
    publish.parse(reply).forEach((outcome, at) => {
      const message = messages[at];
      if (typeof outcome === 'number') message?.resolve(outcome);
      else message?.reject(outcome);
    });
  }
}
