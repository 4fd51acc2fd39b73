import { randomBytes } from 'node:crypto';
import { asError, type Connection } from '@redpost/core';
import { outsideContext } from '@redpost/core/consuming';
import type { ResultFields } from '../scripts/await-results.js';

/** Who waits for notices about a message. */
export interface NoticeListener {
  /** What is known now; undefined when it is to be read, because it was too large, or notices may have been missed. */
  noticed(fields: ResultFields | undefined): void;
}

const perConnection = new WeakMap<Connection, Notices>();
const newline = 0x0a;

/**
 * The notices about results that this process waits for. They come on one channel for all queues of a connection. They only
 * save time: the results themselves are in Redis.
 */
export class Notices {
  readonly channel = `redpost:replies:${randomBytes(12).toString('base64url')}`;
  readonly #connection: Connection;
  readonly #listeners = new Map<string, Set<NoticeListener>>();
  #listening: Promise<Error | undefined> | undefined;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static of(connection: Connection): Notices {
    const known = perConnection.get(connection);
    if (known) return known;
    const notices = new Notices(connection);
    perConnection.set(connection, notices);
    return notices;
  }

  /** Begins to listen, if that is still to be done. Resolves to why that is not possible now: it is tried again then. */
  listen(): Promise<Error | undefined> {
    this.#listening ??= outsideContext(() => this.#listen());
    return this.#listening;
  }

  /** From now on, it hears of this message; until the function is called that it returns. */
  add(queue: string, id: string, listener: NoticeListener): () => void {
    const about = aboutOf(queue, id);
    const listeners = this.#listeners.get(about) ?? new Set();
    this.#listeners.set(about, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(about) === listeners) {
        this.#listeners.delete(about);
      }
    };
  }

  async #listen(): Promise<Error | undefined> {
    try {
      const target = { kind: 'channel', name: this.channel } as const;
      await this.#connection.subscribe(target, {
        message: (_channel, payload) => this.#heard(payload.bytes),
        resumed: () => this.#mayHaveMissedSome(),
      });
      return undefined;
    } catch (error) {
      this.#listening = undefined;
      return asError(error);
    }
  }

  #heard(payload: Buffer): void {
    const end = payload.indexOf(newline);
    let said: Record<string, unknown>;
    try {
      said = JSON.parse(payload.toString('utf8', 0, end));
    } catch {
      // It is no notice of ours. What it may have been about is in Redis.
      return;
    }
    const listeners = this.#listeners.get(aboutOf(String(said.queue), String(said.id)));
    if (!listeners) return;
    const fields = said.large ? undefined : fieldsOf(said, payload.subarray(end + 1));
    for (const listener of [...listeners]) listener.noticed(fields);
  }

  #mayHaveMissedSome(): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of [...listeners]) listener.noticed(undefined);
    }
  }
}

function fieldsOf(
  { state, attempt, field }: Record<string, unknown>,
  payload: Buffer,
): ResultFields {
  return {
    state: state === undefined ? undefined : String(state),
    attempt: Number(attempt),
    value: field === 'value' ? payload : undefined,
    error: field === 'error' ? payload : undefined,
    progress: state === undefined ? payload : undefined,
  };
}

/** A name of a queue has no line break in it that an id could be taken for: lengths keep them apart. */
function aboutOf(queue: string, id: string): string {
  return `${queue.length}:${queue}${id}`;
}
