import type { Connection, Unsubscribe } from '../connection/connection.js';
import { asError } from '../errors.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';

/** What {@link Signals} tell. */
export interface SignalsEvents {
  /** A signal, as scripts publish it; `subscribed` or `resumed` when some may have been missed. */
  heard(signal: string): void;
  /** The channel cannot be subscribed to. It is tried again. */
  failed(error: Error): void;
}

/** How soon to subscribe again after it failed, in ms. */
const listenAgainMs = 10_000;

/** Listens to what others tell the consumers of a queue or a group. It only saves time: beats make up for it. */
export class Signals {
  readonly #connection: Connection;
  readonly #channel: string;
  readonly #events: SignalsEvents;
  #unsubscribe: Unsubscribe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(connection: Connection, channel: string, events: SignalsEvents) {
    this.#connection = connection;
    this.#channel = channel;
    this.#events = events;
  }

  /** Begins. A refused subscription is reported once, lived without, and tried again. */
  async listen(isFirst = true): Promise<void> {
    const events = this.#events;
    try {
      const target = { kind: 'channel', name: this.#channel } as const;
      const unsubscribe = await this.#connection.subscribe(target, {
        message: (_channel, payload) => events.heard(payload.toString()),
        resumed: () => events.heard('resumed'),
      });
      if (this.#hasEnded) await unsubscribe();
      else this.#unsubscribe = unsubscribe;
      events.heard('subscribed');
    } catch (error) {
      if (this.#hasEnded) return;
      if (isFirst) events.failed(asError(error));
      this.#timer = setTimeout(() => void this.listen(false), listenAgainMs).unref();
    }
  }

  /** Listens no more. Resolves when the channel is left. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#unsubscribe?.();
  }
}
