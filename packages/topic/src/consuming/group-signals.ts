import { asError, type Unsubscribe } from '@redpost/core';
import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';

export interface GroupSignalsEvents {
  /**
   * `waiting`, `sought`, `left` or `members`, as the scripts publish them; `subscribed` or `resumed`
   * when some of them may have been missed.
   */
  heard(signal: string): void;
  failed(error: Error): void;
}

/** How soon to subscribe again after it failed, in ms. */
const listenAgainMs = 10_000;

/** Listens to what others tell the consumers of a group. It only saves time: beats make up for it. */
export class GroupSignals {
  readonly #context: GroupContext;
  readonly #events: GroupSignalsEvents;
  #unsubscribe: Unsubscribe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(context: GroupContext, events: GroupSignalsEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** A refused subscription is reported, lived without, and tried again. */
  async listen(isFirst = true): Promise<void> {
    const { heard, failed } = this.#events;
    const target = { kind: 'channel', name: this.#context.signal } as const;
    try {
      const unsubscribe = await this.#context.topic.connection.subscribe(target, {
        message: (_channel, payload) => heard(payload.toString()),
        resumed: () => heard('resumed'),
      });
      if (this.#hasEnded) await unsubscribe();
      else this.#unsubscribe = unsubscribe;
      heard('subscribed');
    } catch (error) {
      if (this.#hasEnded) return;
      if (isFirst) failed(asError(error));
      this.#timer = setTimeout(() => void this.listen(false), listenAgainMs).unref();
    }
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#unsubscribe?.();
  }
}
