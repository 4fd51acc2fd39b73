import { asError } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { keysAt, nameOfList } from '../keys.js';
import { flowIdle } from '../scripts/flow.js';
import { readOutbox } from '../scripts/read-outbox.js';
import { receive } from '../scripts/receive.js';

/** How many messages are relayed at a time. */
const perCall = 250;

/** The queue whose outbox it is. */
type OutboxContext = Pick<QueueContext, 'connection' | 'keys' | 'index'>;

/**
 * What a queue has sent with acknowledgements, and other queues have not received yet: a stream for each of them. Any
 * consumer relays it, from the oldest entry on. A queue receives each entry once, because it knows the last entry that it
 * has received: so it does not matter how often an entry is relayed, by how many consumers, and where one of them dies.
 */
export class Outbox {
  readonly #context: OutboxContext;
  readonly #failed: (error: Error) => void;
  /** By the lists of both queues. What is asked for while one is under way is relayed after it. */
  readonly #underWay = new Map<string, { again: boolean; done: Promise<void> }>();
  #hasEnded = false;

  /** @param failed called when something cannot be relayed: it stays, and is relayed with the next beat. */
  constructor(context: OutboxContext, failed: (error: Error) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  /**
   * Relays what there is for any queue. And looks after the flows that continue in this queue: fetches what has ended in other
   * queues, which may have no consumer, and ends those that were left open.
   */
  async check(): Promise<void> {
    const { connection, keys } = this.#context;
    try {
      const targets = (await connection.call('HKEYS', [keys.outboxes])) as Buffer[];
      for (const target of targets) this.relay(String(target));
      if (targets.length === 0) return;
      const sources = (await connection.call('HKEYS', [keys.flowQueues])) as Buffer[];
      for (const source of sources) this.#start(String(source), keys.list);
      const flows = (await connection.call('ZRANGE', [keys.flows, 0, 0])) as Buffer[];
      if (flows.length > 0) await connection.run(flowIdle, { keys });
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    }
  }

  /** Relays what there is for the queue or partition with this list. */
  relay(target: string): void {
    this.#start(this.#context.keys.list, target);
  }

  #start(source: string, target: string): void {
    if (this.#hasEnded) return;
    const way = JSON.stringify([source, target]);
    const underWay = this.#underWay.get(way);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const state = { again: false, done: Promise.resolve() };
    this.#underWay.set(way, state);
    state.done = this.#relayAll(source, target, state).finally(() => this.#underWay.delete(way));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  /** Relays nothing more. */
  end(): void {
    this.#hasEnded = true;
  }

  async #relayAll(source: string, target: string, state: { again: boolean }): Promise<void> {
    try {
      do {
        state.again = false;
        await this.#relay(source, target);
      } while (state.again && !this.#hasEnded);
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    }
  }

  async #relay(source: string, target: string): Promise<void> {
    const { connection, index } = this.#context;
    const keys = keysAt(source);
    let received = '';
    for (;;) {
      const input = { keys, target, received, count: perCall };
      const { incarnation, entries } = await connection.run(readOutbox, input);
      const last = entries.at(-1);
      if (!last) return;
      await connection.run(receive, {
        keys: keysAt(target),
        source: `${incarnation}:${source}`,
        entries,
      });
      index.note(nameOfList(target));
      received = last.id;
    }
  }
}

/**
 * Relays what is in the outboxes of a queue, once, for a process that is no consumer of it. What cannot be relayed now, its
 * consumers relay, and tell why they cannot.
 */
export async function relayNow(context: OutboxContext): Promise<void> {
  const outbox = new Outbox(context, () => {});
  await outbox.check();
  await outbox.idle();
}
