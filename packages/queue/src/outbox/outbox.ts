import { asError } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { queueKeys } from '../keys.js';
import { readOutbox } from '../scripts/read-outbox.js';
import { receive } from '../scripts/receive.js';

/** How many messages are relayed at a time. */
const perCall = 250;

/**
 * What a queue has sent with acknowledgements, and other queues have not received yet: a stream for each of them. Any
 * consumer relays it, from the oldest entry on. A queue receives each entry once, because it knows the last entry that it
 * has received: so it does not matter how often an entry is relayed, by how many consumers, and where one of them dies.
 */
export class Outbox {
  readonly #context: QueueContext;
  readonly #failed: (error: Error) => void;
  /** By the name of the queue. What is asked for while one is under way is relayed after it. */
  readonly #underWay = new Map<string, { again: boolean; done: Promise<void> }>();
  #hasEnded = false;

  /** @param failed called when something cannot be relayed: it stays, and is relayed with the next beat. */
  constructor(context: QueueContext, failed: (error: Error) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  /** Relays what there is for any queue. */
  async check(): Promise<void> {
    const { connection, keys } = this.#context;
    try {
      const targets = (await connection.call('HKEYS', [keys.outboxes])) as Buffer[];
      for (const target of targets) this.relay(String(target));
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    }
  }

  /** Relays what there is for this queue. */
  relay(target: string): void {
    if (this.#hasEnded) return;
    const underWay = this.#underWay.get(target);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const state = { again: false, done: Promise.resolve() };
    this.#underWay.set(target, state);
    state.done = this.#relayAll(target, state);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  /** Relays nothing more. */
  end(): void {
    this.#hasEnded = true;
  }

  async #relayAll(target: string, state: { again: boolean }): Promise<void> {
    try {
      do {
        state.again = false;
        await this.#relay(target);
      } while (state.again && !this.#hasEnded);
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    } finally {
      this.#underWay.delete(target);
    }
  }

  async #relay(target: string): Promise<void> {
    const { connection, keys, name } = this.#context;
    let received = '';
    for (;;) {
      const input = { keys, target, received, count: perCall };
      const { incarnation, entries } = await connection.run(readOutbox, input);
      const last = entries.at(-1);
      if (!last) return;
      await connection.run(receive, {
        keys: queueKeys(target),
        source: `${incarnation}:${name}`,
        ids: entries.map(({ id }) => id),
        messages: entries,
      });
      received = last.id;
    }
  }
}
