import type { Message, ModelConsumer } from './model-consumer.js';

/** On what it depends whether a message is sent: times are in ticks. */
export interface ModelCondition {
  word: 'taken' | 'done' | 'once' | 'throttle' | 'debounce';
  key: string;
  ticks: number;
  mostTicks: number;
  keep: 'last' | 'first';
}

/** A message that waits until no other one with its key comes. */
interface Debounced {
  key: string;
  /** Under the id of the first one. */
  message: Message;
  since: number;
  due: number;
}

/** Which messages are not sent because of an earlier one, or take its place. */
export class OnceModel {
  /** The ids of those that count until they are taken or done, by their keys. */
  readonly counting = new Map<string, number>();
  /** Windows, by word and key: which message has opened each, and the tick in which it closes. */
  readonly windows = new Map<string, { id: number; until: number }>();
  /** In the order in which they become due. */
  debounced: Debounced[] = [];

  /** The id of the earlier message in whose place this one would be. */
  earlierOf({ word, key }: ModelCondition, tick: number): number | undefined {
    const window = this.windows.get(`${word === 'throttle' ? word : 'once'}:${key}`);
    const opener = window && window.until > tick ? window.id : undefined;
    return word === 'throttle' ? opener : (this.counting.get(key) ?? opener);
  }

  begin({ word, key, ticks }: ModelCondition, id: number, tick: number): void {
    if (word === 'taken' || word === 'done') this.#count(key, id);
    else this.windows.set(`${word}:${key}`, { id, until: tick + ticks });
  }

  /** A dead letter counts again, unless another one does by now. */
  again({ once, id }: Message): void {
    if (once && !this.counting.has(once.key)) this.#count(once.key, id);
  }

  #count(key: string, id: number): void {
    this.counting.set(key, id);
  }

  /** A consumer has it, under a receipt. */
  taken(message: Message): void {
    if (message.once?.until === 'taken') this.gone(message);
  }

  gone({ once, id }: Message): void {
    if (once && this.counting.get(once.key) === id) this.counting.delete(once.key);
  }

  /** What waits is deleted: only what consumers have counts. */
  purge(consumers: readonly ModelConsumer[]): void {
    const kept = consumers.flatMap(({ held, handoff }) => [
      ...[...held.values()].filter(({ once }) => once?.until === 'done'),
      ...handoff,
    ]);
    for (const [key, id] of this.counting) {
      if (!kept.some((message) => message.once?.key === key && message.id === id)) {
        this.counting.delete(key);
      }
    }
    this.debounced = [];
  }

  /** Returns the id of the one that it replaces, and one that was due before it, which waits no longer. */
  debounce(
    message: Message,
    { key, ticks, mostTicks, keep }: ModelCondition,
    tick: number,
  ): { replaced?: number; due?: Message } {
    const earlier = this.debounced.find((other) => other.key === key);
    this.debounced = this.debounced.filter((other) => other !== earlier);
    if (!earlier || earlier.due <= tick) {
      this.#wait({ key, message, since: tick, due: tick + ticks });
      return earlier ? { due: earlier.message } : {};
    }
    const { id } = earlier.message;
    const kept = keep === 'first' ? earlier.message : { ...message, id };
    const due = Math.min(tick + ticks, earlier.since + mostTicks);
    this.#wait({ key, message: kept, since: earlier.since, due });
    return { replaced: id };
  }

  #wait(debounced: Debounced): void {
    this.debounced = [...this.debounced, debounced].sort((a, b) => a.due - b.due);
  }

  /** @param due when it becomes due instead, if it does. */
  update(message: Message, changed: Message, due: number | undefined): void {
    const all = this.debounced.map((each) =>
      each.message === message ? { ...each, message: changed, due: due ?? each.due } : each,
    );
    this.debounced = all.sort((a, b) => a.due - b.due);
  }

  remove(message: Message): void {
    this.debounced = this.debounced.filter((each) => each.message !== message);
  }

  /** Those that become due in the same tick are in the order of milliseconds, which only Redis knows. */
  orderAs(keys: readonly string[]): void {
    const place = ({ key }: Debounced) => keys.indexOf(key);
    this.debounced.sort((a, b) => a.due - b.due || place(a) - place(b));
  }

  promote(tick: number): Message[] {
    const due = this.debounced.filter((each) => each.due <= tick);
    this.debounced = this.debounced.slice(due.length);
    return due.map(({ message }) => message);
  }
}
