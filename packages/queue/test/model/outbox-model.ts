import type { Message } from './model-consumer.js';

/** A message on its way from a queue to itself. */
export interface ModelEntry {
  /** How many were written before it, in all the time of the queue. */
  seq: number;
  message: Message;
  /** The tick in which it is due. */
  due: number;
}

/** What is sent with acknowledgements, from the queue to itself. It outlives the queue. */
export class OutboxModel {
  entries: ModelEntry[] = [];
  #written = 0;
  /** Of the last entry that was received. */
  #received = 0;

  post(message: Message, due: number): void {
    this.#written += 1;
    this.entries.push({ seq: this.#written, message, due });
  }

  /** Deletes those up to the last one that a relayer has seen received, and tells what comes next. */
  read(received: number, count: number): ModelEntry[] {
    this.entries = this.entries.filter(({ seq }) => seq > received);
    return this.entries.slice(0, count);
  }

  /** Those of these that were not received before. */
  receive(entries: readonly ModelEntry[]): ModelEntry[] {
    const fresh = entries.filter(({ seq }) => seq > this.#received);
    this.#received = fresh.at(-1)?.seq ?? this.#received;
    return fresh;
  }
}
