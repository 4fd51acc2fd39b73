import {
  type BatchLimits,
  ClosedError,
  type Connection,
  checkedName,
  refuseTooLarge,
  SendOrder,
  TickBatch,
} from '@redpost/core';
import { areObserved, fail, type OnItsWay, reportSent } from '@redpost/core/consuming';
import { refusedIfUnsupported } from '../errors.js';
import type { ChannelFormats } from '../message/channel-formats.js';
import { Sequencer } from '../message/sequence.js';
import { type OutgoingMessage, type PublishVerb, publish } from '../scripts/publish.js';

interface Pending extends OutgoingMessage, OnItsWay {
  resolve(receivers: number): void;
}

/**
 * A script blocks the server while it runs: these limits keep that to about a millisecond. When a tick has
 * more messages, the server publishes the first part while the next part is still being encoded.
 */
const batchLimits: BatchLimits = { count: 500, bytes: 1024 * 1024 };

export interface PublisherSetup {
  connection: Connection;
  formats: ChannelFormats;
  sharded: boolean;
  sequenced: boolean;
  maxMessageBytes: number;
}

/** Publishes all messages of one tick of the event loop in one round trip. */
export class Publisher {
  readonly #connection: Connection;
  readonly #formats: ChannelFormats;
  readonly #verb: PublishVerb;
  readonly #maxMessageBytes: number;
  /** In a Cluster, where nodes forward messages to each other, each channel has its own line and node. */
  readonly #perChannel: boolean;
  /** Whether a channel is a key, which is on one node. */
  readonly #hasKey: boolean;
  readonly #sequencer: Sequencer | undefined;
  readonly #batch = new TickBatch<Pending>(batchLimits, (messages) => this.#send(messages));
  readonly #order = new SendOrder();
  #closed = false;

  constructor({ connection, formats, sharded, sequenced, maxMessageBytes }: PublisherSetup) {
    this.#connection = connection;
    this.#formats = formats;
    this.#verb = sharded ? 'SPUBLISH' : 'PUBLISH';
    this.#maxMessageBytes = maxMessageBytes;
    this.#perChannel = connection.isCluster;
    this.#hasKey = connection.isCluster && sharded;
    this.#sequencer = sequenced ? new Sequencer() : undefined;
  }

  publish(channel: string, body: unknown): Promise<number> {
    try {
      const payload = this.encode(channel, body);
      const isReady = !(payload instanceof Promise) && this.#order.isFree(channel);
      if (isReady) return this.#add(channel, payload);
      return this.#order.wait(channel, payload, (bytes) => this.#add(channel, bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The bytes of a body in the format of its channel. */
  encode(channel: string, body: unknown): string | Buffer | Promise<string | Buffer> {
    if (this.#closed) throw new ClosedError('This PubSub is closed');
    checkedName('A channel', channel);
    const payload = this.#formats.of(channel).encode(body);
    if (payload instanceof Promise) return payload.then((bytes) => this.checked(bytes));
    return this.checked(payload);
  }

  /** The encoded body, unless it is too large. */
  checked(payload: string | Buffer): string | Buffer {
    refuseTooLarge(payload, this.#maxMessageBytes);
    return payload;
  }

  /** Publishes bytes as they are. */
  publishBytes(channel: string, payload: string | Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#batch.add({ channel, payload, resolve, reject }, channel.length + payload.length);
    });
  }

  /** Refuses further messages. Accepted messages are still sent. */
  close(): void {
    this.#closed = true;
  }

  #add(channel: string, payload: string | Buffer): Promise<number> {
    return this.publishBytes(channel, this.#sequencer?.seal(channel, payload) ?? payload);
  }

  #send(messages: Pending[]): void {
    const sending = this.#sendAll(messages);
    if (!areObserved('sent')) return;
    const { address } = this.#connection;
    for (const [name, some] of byChannel(messages)) {
      void reportSent({ kind: 'channel', name, address }, some, () => sending);
    }
  }

  /** Resolves when all of them are settled. */
  #sendAll(messages: Pending[]): Promise<unknown> {
    if (!this.#perChannel) return this.#sendTogether(messages, '');
    const groups = [...byChannel(messages)];
    return Promise.all(groups.map(([line, some]) => this.#sendTogether(some, line)));
  }

  async #sendTogether(messages: Pending[], line: string): Promise<void> {
    const [first] = messages;
    if (!first) return;
    try {
      if (messages.length === 1 && !this.#hasKey) first.resolve(await this.#sendOne(first, line));
      else await this.#sendMany(messages, line);
    } catch (error) {
      const reason = refusedIfUnsupported(this.#verb, error);
      for (const message of messages) fail(message, reason);
    }
  }

  async #sendOne({ channel, payload }: Pending, line: string): Promise<number> {
    return Number(await this.#connection.call(this.#verb, [channel, payload], { line }));
  }

  async #sendMany(messages: Pending[], line: string): Promise<void> {
    const input = { messages, verb: this.#verb, key: this.#hasKey ? line : undefined };
    const outcomes = await this.#connection.run(publish, input, { line });
    outcomes.forEach((outcome, at) => {
      const message = messages[at] as Pending;
      if (typeof outcome === 'number') message.resolve(outcome);
      else fail(message, refusedIfUnsupported(this.#verb, outcome));
    });
  }
}

function byChannel(messages: Pending[]): Map<string, Pending[]> {
  const groups = new Map<string, Pending[]>();
  for (const message of messages) {
    const group = groups.get(message.channel);
    if (group) group.push(message);
    else groups.set(message.channel, [message]);
  }
  return groups;
}
