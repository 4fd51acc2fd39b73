import {
  asError,
  type Connection,
  checkedConnection,
  checkedMaxMessageBytes,
  connectionOf,
  Emitter,
  InvalidArgumentError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  type Unlisten,
} from '@redpost/core';
import {
  clearInterval,
  NameIndex,
  Signals,
  setInterval,
  ToldSeldom,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { Promoter } from '../due/promoter.js';
import { FirstUse } from '../foreign/first-use.js';
import { type QueueKeys, queueKeys } from '../keys.js';
import { Outbox } from '../outbox/outbox.js';
import { Partitions, readDivision } from '../partitions/partitions.js';
import { queueOwner } from '../queue-owner.js';

/** What a {@link Scheduler} works on. */
export interface SchedulerOptions {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** The names of the queues, at least one. */
  queues: readonly string[];
}

/** What a {@link Scheduler} tells by `on()`. */
export interface SchedulerEvents {
  /** Something failed in the background, e.g. Redis was away. The scheduler goes on. */
  error: Error;
}

/** How often it looks for what queues send to each other, in ms: as often as a consumer with the default lease. */
const outboxEveryMs = 10_000;

const optionNames: NamesOf<SchedulerOptions> = { connection: true, queues: true };
const eventNames: NamesOf<SchedulerEvents> = { error: true };

/**
 * Sends the messages of schedules, returns delayed messages that are due, and carries what queues send to each other (members of
 * flows, and what follows acknowledgements), even while the queues have no consumer.
 * Every consumer does the same for its queue, so this is only for queues whose consumers are not always there. Any number
 * of schedulers and consumers, in any number of processes, may do it at the same time: each tick is sent once.
 *
 * ```ts
 * const scheduler = new Scheduler({ connection, queues: ['reports', 'mails'] });
 * ```
 */
export class Scheduler implements AsyncDisposable {
  readonly #events = new Emitter<SchedulerEvents>(eventNames);
  readonly #told = new ToldSeldom();
  readonly #closers: (() => Promise<void>)[];

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: SchedulerOptions) {
    const connection = checkedConnection('A scheduler', options);
    refuseUnknownOptions('A scheduler', options, optionNames);
    const { queues } = options;
    if (!Array.isArray(queues) || queues.length === 0) {
      throw new InvalidArgumentError(
        `queues are the names of at least one queue, e.g. ['reports'], got ${shown(queues)}`,
      );
    }
    for (const name of queues) queueKeys(name);
    this.#closers = [...new Set(queues)].map((name) => this.#follow(connection, name));
  }

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof SchedulerEvents>(
    event: Event,
    listener: (payload: SchedulerEvents[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  /** Sends nothing more, and leaves the connection open. */
  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Does it for all lists of a queue, also those that are added later. Returns what stops it. */
  #follow(connection: Connection, name: string): () => Promise<void> {
    const shared = {
      name,
      index: new NameIndex(connection, 'queues'),
      // Who set its schedules has asked whose list it is.
      firstUse: new FirstUse(connection, name, true),
      codec: json(),
      schema: undefined,
      resultCodec: json(),
      maxMessageBytes: checkedMaxMessageBytes(undefined),
    };
    const contextOf = (keys: QueueKeys) => {
      return { ...shared, keys, connection: connectionOf(queueOwner(name, keys), connection) };
    };
    const main = contextOf(queueKeys(name));
    const partitions = new Partitions(main, contextOf);
    const closers: (() => Promise<void>)[] = [];
    let isClosed = false;
    const look = async () => {
      try {
        partitions.heard(await readDivision(main));
      } catch (error) {
        this.#failed(asError(error));
      }
      const added = isClosed ? [] : partitions.known.slice(closers.length);
      closers.push(...added.map((list) => this.#start(list, look)));
    };
    closers.push(this.#start(main, look));
    void look();
    return async () => {
      isClosed = true;
      await Promise.all(closers.map((close) => close()));
    };
  }

  /** Does it for one list. Returns what stops it. @param look called when there may be more lists. */
  #start(context: QueueContext, look: () => Promise<void>): () => Promise<void> {
    context.index.note(context.name);
    const failed = (error: Error) => this.#failed(error);
    const promoter = new Promoter(context, { looksWithBeats: false, promoted: () => {}, failed });
    const signals = new Signals(context.connection, context.keys.signal, {
      heard: (signal) => {
        const mayHaveMissedSome = signal === 'subscribed' || signal === 'resumed';
        if (signal === 'delayed' || mayHaveMissedSome) void promoter.check();
        if (signal === 'shape' || signal === 'resumed') void look();
      },
      failed,
    });
    const outbox = new Outbox(context, failed);
    const beat = setInterval(() => void outbox.check(), outboxEveryMs).unref();
    void outbox.check();
    void signals.listen();
    void promoter.check();
    return async () => {
      promoter.stop();
      clearInterval(beat);
      outbox.end();
      await outbox.idle();
      await signals.end();
    };
  }

  #failed(error: Error): void {
    if (this.#told.isDue(error)) this.#events.emit('error', asError(error));
  }
}
