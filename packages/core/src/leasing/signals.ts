import type { Connection, Unsubscribe } from '../connection/connection.js';
import { asError } from '../errors.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';

/** The events of {@link Signals}. */
export interface SignalsEvents {
  /** A signal has come, in the words of the scripts; `subscribed` or `resumed` when signals may have been missed. */
  heard(signal: string): void;
  /** The subscription was refused. It is tried again. */
  failed(error: Error): void;
}

/** How soon to subscribe again after it failed, in ms. */
const listenAgainMs = 10_000;

/** Listens to the signals of a queue or a group. They only save time: after each heartbeat, consumers look anyway. */
export class Signals {
  readonly #connection: Connection;
  readonly #channel: string;
  readonly #events: SignalsEvents;
  #unsubscribe: Unsubscribe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #areHeard = false;

  constructor(connection: Connection, channel: string, events: SignalsEvents) {
    this.#connection = connection;
    this.#channel = channel;
    this.#events = events;
  }

  /** True while signals come: the subscription is confirmed, and not interrupted. */
  get areHeard(): boolean {
    return this.#areHeard;
  }

  /** Begins to listen. A refused subscription is reported once, and tried again. */
  async listen(isFirst = true): Promise<void> {
    const events = this.#events;
    try {
      const target = { kind: 'channel', name: this.#channel } as const;
      const unsubscribe = await this.#connection.subscribe(target, {
        message: (_channel, payload) => events.heard(payload.toString()),
        interrupted: () => {
          this.#areHeard = false;
        },
        resumed: () => {
          this.#areHeard = true;
          events.heard('resumed');
        },
      });
      this.#areHeard = true;
      if (this.#hasEnded) await unsubscribe();
      else this.#unsubscribe = unsubscribe;
      events.heard('subscribed');
    } catch (error) {
      if (this.#hasEnded) return;
      if (isFirst) events.failed(asError(error));
      this.#timer = setTimeout(() => void this.listen(false), listenAgainMs).unref();
    }
  }

  /** Stops listening. Resolves when the subscription has ended. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#unsubscribe?.();
  }
}
