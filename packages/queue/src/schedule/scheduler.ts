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
import { Promoter } from '../due/promoter.js';
import { FirstUse } from '../foreign/first-use.js';
import { queueKeys } from '../keys.js';
import { Outbox } from '../outbox/outbox.js';
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
    const maxMessageBytes = checkedMaxMessageBytes(undefined);
    const index = new NameIndex(connection, 'queues');
    const keys = new Map([...queues].map((name) => [name, queueKeys(name)]));
    this.#closers = [...keys].map(([name, keys]) => {
      const owned = connectionOf(queueOwner(name, keys), connection);
      const shared = { index, codec: json(), resultCodec: json(), maxMessageBytes };
      // Who set its schedules has asked whose list it is.
      const firstUse = new FirstUse(connection, name, true);
      const context = { name, connection: owned, keys, firstUse, schema: undefined, ...shared };
      return this.#start(context);
    });
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

  /** Returns what stops it. */
  #start(context: ConstructorParameters<typeof Promoter>[0]): () => Promise<void> {
    context.index.note(context.name);
    const failed = (error: Error) => this.#failed(error);
    const promoter = new Promoter(context, { looksWithBeats: false, promoted: () => {}, failed });
    const signals = new Signals(context.connection, context.keys.signal, {
      heard: (signal) => {
        if (signal === 'delayed' || signal === 'subscribed' || signal === 'resumed') {
          void promoter.check();
        }
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
