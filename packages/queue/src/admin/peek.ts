import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { ConsumedEnd, QueueContext } from '../context.js';
import { defaultPriority } from '../message/envelope.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import type { Partitions } from '../partitions/partitions.js';
import { type PeekedElement, peekScript } from '../scripts/peek.js';
import { peekDelayed } from '../scripts/peek-delayed.js';
import { peekHeld } from '../scripts/peek-held.js';
import { isFormer } from '../scripts/recover.js';

/** Which messages to look at, and how much of them. */
export interface PeekOptions {
  /**
   * `pending` (default): the next ones to be delivered. `delayed`: those that are due first; debounced messages that wait
   * for the last one are not among them. `active`: those that consumers hold, one consumer after the other.
   */
  state?: 'pending' | 'delayed' | 'active' | undefined;
  /**
   * How many bytes of a body to read at most, at least 0. Of a message whose body is larger, `body` is undefined, and `bytes`
   * has the beginning. Default: bodies are read whole.
   */
  maxBodyBytes?: number | undefined;
}

/** A message that `peek()` has looked at. */
export interface PeekedMessage<Body = unknown> extends StoredMessage<Body> {
  readonly state: 'pending' | 'delayed' | 'active';
  /** How many bytes the whole body has. */
  readonly bodyBytes: number;
  /** By the server's clock, of a delayed message. */
  readonly dueAt: Date | undefined;
  /** The consumer that has an active message. */
  readonly consumer: string | undefined;
}

const optionNames: NamesOf<PeekOptions> = { state: true, maxBodyBytes: true };
const states: readonly unknown[] = ['pending', 'delayed', 'active'];

/** An element, and what is known of it. */
interface Peeked extends PeekedElement {
  dueAt?: number;
  consumer?: string;
  /** The id that a bare payload has, if it has one. */
  bareId?: string;
}

/** Reads messages in one state, without taking them. */
export async function peek<Body>(
  partitions: Partitions,
  count: number,
  order: 'fifo' | 'lifo',
  options: PeekOptions,
): Promise<PeekedMessage<Body>[]> {
  wholeNumber('count', count, { min: 1 });
  refuseUnknownOptions('peek()', options, optionNames);
  const { state = 'pending', maxBodyBytes } = options;
  if (!states.includes(state)) {
    throw new InvalidArgumentError(
      `state is 'pending', 'delayed' or 'active', got ${shown(state)}`,
    );
  }
  if (maxBodyBytes !== undefined) wholeNumber('maxBodyBytes', maxBodyBytes, { min: 0 });
  const lists = await partitions.all();
  const found = await Promise.all(
    lists.map((list) => {
      const reading = new Reading(list as QueueContext, count, maxBodyBytes);
      return state === 'pending' ? reading.pending(order) : reading[state]();
    }),
  );
  const main = partitions.main as QueueContext<Body>;
  const next = together(found, state).slice(0, count);
  return Promise.all(next.map((each) => readPeeked(main, state, each)));
}

/** Of the lists of a queue: consumers take of each in turn, and delayed messages come when they are due. */
function together(lists: readonly Peeked[][], state: PeekedMessage['state']): Peeked[] {
  if (lists.length === 1) return lists[0] as Peeked[];
  if (state === 'delayed') return lists.flat().sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}

class Reading {
  readonly #context: QueueContext;
  readonly #count: number;
  readonly #maxBodyBytes: number | undefined;

  constructor(context: QueueContext, count: number, maxBodyBytes: number | undefined) {
    this.#context = context;
    this.#count = count;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /**
   * The next messages to be delivered, the highest priority first: of each its suspects, then those that were returned,
   * then the next one of each key, then those of the list.
   */
  async pending(order: 'fifo' | 'lifo'): Promise<Peeked[]> {
    const { suspects, returned, list, levels, shape } = this.#context.keys;
    const declared = await this.#context.connection.call('HMGET', [shape, 'levels', 'keys']);
    const [hasLevels, hasKeys] = declared as (Buffer | null)[];
    const next: Peeked[] = [];
    const readOn = async (key: string, from: ConsumedEnd, most = this.#count) => {
      const wanted = Math.min(most, this.#count - next.length);
      if (wanted > 0) next.push(...(await this.#list(key, from, wanted)));
    };
    const [highest, lowest] = hasLevels ? [9, 0] : [defaultPriority, defaultPriority];
    for (let level = highest; level >= lowest; level -= 1) {
      if (level !== defaultPriority) {
        await readOn(`${suspects}:${level}`, 'RIGHT');
        await readOn(`${levels}${level}`, 'RIGHT');
        continue;
      }
      await readOn(suspects, 'RIGHT');
      await readOn(returned, 'RIGHT');
      if (hasKeys) {
        for (const list of await this.#readyLists(this.#count - next.length))
          await readOn(list, 'RIGHT', 1);
      }
      await readOn(list, order === 'fifo' ? 'RIGHT' : 'LEFT');
    }
    return next;
  }

  /** By several calls, so that no answer is large. */
  async delayed(): Promise<Peeked[]> {
    const { connection, keys } = this.#context;
    const all: Peeked[] = [];
    for (;;) {
      const [skip, count] = [all.length, this.#count - all.length];
      const input = { keys, skip, count, maxBodyBytes: this.#maxBodyBytes };
      const { elements, isCut } = await connection.run(peekDelayed, input);
      all.push(...elements);
      if (!isCut || all.length >= this.#count) return all;
    }
  }

  /** Of a consumer with large messages, fewer than asked for may be read. */
  async active(): Promise<Peeked[]> {
    const { connection, keys } = this.#context;
    const members = (await connection.call('ZRANGE', [keys.consumers, 0, -1])) as Buffer[];
    const all: Peeked[] = [];
    for (const consumer of members.map(String).filter((name) => !isFormer(name))) {
      const count = this.#count - all.length;
      if (count <= 0) break;
      const input = { keys, consumer, count, maxBodyBytes: this.#maxBodyBytes };
      for (const { receipt, ...element } of await connection.run(peekHeld, input)) {
        all.push({ ...element, consumer, ...(receipt && { bareId: `${consumer}-${receipt}` }) });
      }
    }
    return all;
  }

  /** The lists of the keys that are ready, in the order in which a message of each is taken. */
  async #readyLists(count: number): Promise<string[]> {
    if (count <= 0) return [];
    const { connection, keys } = this.#context;
    const ready = (await connection.call('ZRANGE', [keys.ready, 0, count - 1])) as Buffer[];
    return ready.map((key) => `${keys.lists}${key}`);
  }

  /** By several calls, so that no answer is large. */
  async #list(list: string, from: ConsumedEnd, wanted: number): Promise<Peeked[]> {
    const all: Peeked[] = [];
    for (;;) {
      const [skip, count] = [all.length, wanted - all.length];
      const input = { list, from, skip, count, maxBodyBytes: this.#maxBodyBytes };
      const { elements, isCut } = await this.#context.connection.run(peekScript, input);
      all.push(...elements);
      if (!isCut || all.length >= wanted) return all;
    }
  }
}

async function readPeeked<Body>(
  context: QueueContext<Body>,
  state: PeekedMessage['state'],
  { element, size, dueAt, consumer, bareId }: Peeked,
): Promise<PeekedMessage<Body>> {
  const isCut = size > element.length;
  const message = await readStored(context, element);
  return Object.defineProperties(message as PeekedMessage<Body>, {
    ...(bareId !== undefined && message.id === undefined && visible({ id: bareId })),
    ...(isCut && visible({ body: undefined })),
    ...visible({
      state,
      bodyBytes: message.bytes.length + size - element.length,
      dueAt: dueAt === undefined ? undefined : new Date(dueAt),
      consumer,
    }),
  });
}

function visible(properties: object): PropertyDescriptorMap {
  const described = Object.entries(properties).map(
    ([name, value]) => [name, { value, enumerable: true }] as const,
  );
  return Object.fromEntries(described);
}
