import { type Connection, InvalidArgumentError, type NamesOf, shown } from '@redpost/core';
import { entriesOf } from '@redpost/core/consuming';
import { valueAt } from '../admin/dead/dead-letter.js';
import { type QueueKeys, queueKeys } from '../keys.js';
import { decodeEnvelope } from '../message/envelope.js';
import type { MoveKeys } from './move-keys.js';
import { keepMs } from './scripts/confirm-jobs.js';
import { type ExportInput, exportMessages } from './scripts/export-messages.js';
import { messageId } from './taken-job.js';

/** How a move is undone. */
export interface UndoMoveOptions {
  /** The Redis that both are in. */
  connection: Connection;
  /** The prefix of the queue of the other system. Default `'bull'` for BullMQ, `'bq'` for bee-queue. */
  prefix?: string | undefined;
  /** Ends it early. The same call goes on later. */
  signal?: AbortSignal | undefined;
  /** Called after each part, with how many jobs the other system has again. */
  onProgress?: ((restored: number) => void) | undefined;
}

/** What was undone. */
export interface UndoMoveResult {
  /** How many jobs the other system has again. */
  readonly restored: number;
  /** How many were moved and are not back: they were handled, a consumer has them, they have a key, or the signal has ended it. */
  readonly left: number;
  /** True when the signal has ended it. */
  readonly isInterrupted: boolean;
}

export const undoMoveOptionNames: NamesOf<UndoMoveOptions> = {
  connection: true,
  prefix: true,
  signal: true,
  onProgress: true,
};

const perCall = 500;

export interface JobUndoHost {
  /** The name of the other system, for errors. */
  system: string;
  /** The name of its queue, for errors. */
  name: string;
  keys: MoveKeys;
  /** The name of the queue that the jobs were moved to. */
  queue: string;
  options: UndoMoveOptions;
  /** Gives jobs back to the other system, and resolves to how many. @param entries in the stream of the move, in their order. */
  restore(entries: readonly string[]): Promise<number>;
}

/**
 * Jobs that were moved on their way back to the other system, each once.
 *
 * A script takes the message out of the queue and notes its entry in a SET beside the queue; then the other system gets the job
 * of this entry, unless it has it again already; then the entry is forgotten.
 */
export class JobUndo {
  readonly #host: JobUndoHost;
  readonly #connection: Connection;
  readonly #keys: MoveKeys;
  readonly #queue: QueueKeys;
  /** SET of the entries of messages that were taken out of the queue, and are not back yet. */
  readonly #exported: string;
  /** The entries of each id: one, unless a job was added again after it had been moved. */
  readonly #entries = new Map<string, string[]>();
  #restored = 0;

  constructor(host: JobUndoHost) {
    this.#host = host;
    this.#connection = host.options.connection;
    this.#keys = host.keys;
    this.#queue = queueKeys(host.queue);
    this.#exported = `{${host.queue}}:exported:${this.#keys.base.slice(0, -1)}`;
  }

  async run(): Promise<UndoMoveResult> {
    await this.#keepRecord();
    await this.#restoreExported();
    await this.#readRecord();
    const { list, returned, levels, delayed, dead } = this.#queue;
    const lists = Array.from({ length: 10 }, (_, level) => `${levels}${9 - level}`);
    for (const key of [returned, list, ...lists]) await this.#undoList(key);
    await this.#undoDelayed(delayed);
    await this.#undoDead(dead);
    return {
      restored: this.#restored,
      left: (await this.#connection.call('XLEN', [this.#keys.taken])) as number,
      isInterrupted: this.#isOver,
    };
  }

  get #isOver(): boolean {
    return this.#host.options.signal?.aborted ?? false;
  }

  /** It must not expire meanwhile. @throws InvalidArgumentError if there is none. */
  async #keepRecord(): Promise<void> {
    const { name, system } = this.#host;
    const { taken, move } = this.#keys;
    if ((await this.#connection.call('EXISTS', [taken])) === 0) {
      throw new InvalidArgumentError(
        `Nothing was moved from the queue ${shown(name)} of ${system} within the last day, so nothing can be undone`,
      );
    }
    for (const key of [taken, move]) await this.#connection.call('PEXPIRE', [key, keepMs]);
  }

  async #readRecord(): Promise<void> {
    for (let from = '-'; ; ) {
      const found = await entriesOf(this.#connection, {
        stream: this.#keys.taken,
        from,
        to: '+',
        limit: perCall,
      });
      const last = found.at(-1);
      if (!last) return;
      const areKept = await Promise.all(found.map(([entry]) => this.#isKept(String(entry))));
      for (const [entry, fields] of found.filter((_, place) => areKept[place])) {
        const id = messageId(this.#keys, String(valueAt(fields, 'id')));
        this.#entries.set(id, [...(this.#entries.get(id) ?? []), String(entry)]);
      }
      from = `(${String(last[0])}`;
    }
  }

  /** False for a job that has expired: its message stays where it is. One that has not is kept for longer. */
  async #isKept(entry: string): Promise<boolean> {
    const { own } = this.#keys;
    return (await this.#connection.call('PEXPIRE', [`${own}job:${entry}`, keepMs])) === 1;
  }

  /** From the next message on, until a pass finds none: consumers may take some meanwhile. */
  async #undoList(source: string): Promise<void> {
    for (let found = 1; found > 0; ) {
      found = 0;
      for (let skip = 0; !this.#isOver; ) {
        const range = [source, -(skip + perCall), -(skip + 1)];
        const elements = ((await this.#connection.call('LRANGE', range)) as Buffer[]).reverse();
        if (elements.length === 0) break;
        const removed = await this.#undo(
          source,
          'list',
          elements.map((element) => ({ member: element, element })),
        );
        found += removed;
        skip += elements.length - removed;
      }
    }
  }

  async #undoDelayed(source: string): Promise<void> {
    for (let skip = 0; !this.#isOver; ) {
      const range = [source, skip, skip + perCall - 1];
      const members = (await this.#connection.call('ZRANGE', range)) as Buffer[];
      if (members.length === 0) return;
      // Ten digits stand before each element.
      const found = members.map((member) => ({ member, element: member.subarray(10) }));
      skip += members.length - (await this.#undo(source, 'zset', found));
    }
  }

  async #undoDead(source: string): Promise<void> {
    for (let from = '-'; !this.#isOver; ) {
      const range = { stream: source, from, to: '+', limit: perCall };
      const letters = await entriesOf(this.#connection, range);
      const last = letters.at(-1);
      if (!last) return;
      const found = letters.map(([entry, fields]) => {
        return { member: String(entry), element: valueAt(fields, 'element') as Buffer };
      });
      await this.#undo(source, 'stream', found);
      from = `(${String(last[0])}`;
    }
  }

  /** Resolves to how many of these were given back. */
  async #undo(
    source: string,
    kind: ExportInput['kind'],
    found: readonly { member: string | Buffer; element: Buffer }[],
  ): Promise<number> {
    const messages = found.flatMap(({ member, element }) => {
      const entry = this.#entryOf(element);
      return entry === undefined ? [] : [{ member, entry }];
    });
    if (messages.length === 0) return 0;
    const input = { source, kind, exported: this.#exported, messages };
    const removed = await this.#connection.run(exportMessages, input);
    await this.#restoreExported();
    this.#host.options.onProgress?.(this.#restored);
    return removed;
  }

  #entryOf(element: Buffer): string | undefined {
    try {
      return this.#entries.get(decodeEnvelope(element, '').id)?.shift();
    } catch {
      // One that cannot be read was not moved.
      return undefined;
    }
  }

  /** Gives back what was taken out of the queue, also by a process that has died. */
  async #restoreExported(): Promise<void> {
    const found = (await this.#connection.call('SMEMBERS', [this.#exported])) as Buffer[];
    const entries = found.map(String).sort(byTime);
    for (let at = 0; at < entries.length; at += perCall) {
      const part = entries.slice(at, at + perCall);
      this.#restored += await this.#host.restore(part);
      await this.#connection.call('SREM', [this.#exported, ...part]);
    }
  }
}

function byTime(one: string, other: string): number {
  const [[ms = 0, n = 0], [otherMs = 0, otherN = 0]] = [one, other].map((entry) =>
    entry.split('-').map(Number),
  ) as [number[], number[]];
  return ms - otherMs || n - otherN;
}
