import type { Connection } from '../connection/connection.js';
import { within } from '../consuming/within.js';
import { isRedpostError, type ServerError } from '../errors.js';
import { dateNow, performance } from '../runtime/timers.js';

/** What is listed by its name. */
type NamedKind = 'queues' | 'topics';

/** A queue or a topic that was listed. */
export interface NamedUse {
  name: string;
  /** When a process was last known to use it, within a day; by the clock of that process. */
  usedAt: Date;
}

const dayMs = 24 * 3_600_000;
/** How long until it is noted again that a name is in use: after it was noted, and after that has failed. */
const [againMs, retryMs] = [dayMs, 60_000];
/** How long `noted()` waits. */
const longestMs = 1000;
/** How long a name stays in the index of which Redis has nothing left. */
const rememberedMs = 30 * dayMs;

type DueTimes = Map<string, number>;

/** For each connection: when each name is due to be noted again, by `performance.now()`. */
const due: Record<NamedKind, WeakMap<Connection, DueTimes>> = {
  queues: new WeakMap(),
  topics: new WeakMap(),
};

/**
 * The index of all queues, or of all topics: so that they are found without a scan of all keys. A process notes a name
 * when it uses it first and then once a day, in the background, so the one key of the index is hardly ever written.
 */
export class NameIndex {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #due: DueTimes;
  #noting: Promise<void> = Promise.resolve();

  constructor(connection: Connection, kind: NamedKind) {
    this.#connection = connection;
    this.#key = indexKey(kind);
    this.#due = due[kind].get(connection) ?? new Map();
    due[kind].set(connection, this.#due);
  }

  /**
   * Notes that this name is in use, unless that was noted within a day. It never fails: what uses the name must work
   * also for a user who may not write the index.
   */
  note(name: string): void {
    const now = performance.now();
    if (now < (this.#due.get(name) ?? 0)) return;
    this.#due.set(name, now + againMs);
    // By the own clock, because a script would need more permissions than a producer has: it only decides when a name is
    // forgotten of which nothing is left.
    const noting = this.#connection.call('ZADD', [this.#key, dateNow(), name]).catch((error) => {
      if (!isRefused(error)) this.#due.set(name, now + retryMs);
    });
    // Without a value, or it would keep those of all before it.
    this.#noting = Promise.all([this.#noting, noting]).then(() => {});
  }

  /**
   * Resolves when what was noted here is in Redis, or after a second. A program that sends one message and ends waits
   * for it: in a Cluster the index is on another node, where it may only just connect.
   */
  async noted(): Promise<void> {
    await within(this.#noting, longestMs);
  }

  /** Removes a name that was deleted. Its next use adds it again. */
  async remove(name: string): Promise<void> {
    this.#due.delete(name);
    try {
      await this.#connection.call('ZREM', [this.#key, name]);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  /**
   * All names, in their order. Those that were not noted for 30 days, and of which nothing is left, are removed.
   *
   * @param exists tells whether Redis has anything of this name.
   */
  async list(exists: (name: string) => Promise<boolean>): Promise<NamedUse[]> {
    const uses = await this.#read();
    const oldest = dateNow() - rememberedMs;
    const old = uses.filter(({ usedAt }) => usedAt.getTime() < oldest);
    const gone = new Set<string>();
    for (const { name } of old) {
      if (await exists(name)) continue;
      gone.add(name);
      await this.remove(name);
    }
    return uses.filter(({ name }) => !gone.has(name));
  }

  async #read(): Promise<NamedUse[]> {
    const reply = await this.#connection.call('ZRANGE', [this.#key, 0, -1, 'WITHSCORES']);
    const flat = (reply as Buffer[]).flat().map(String);
    const uses: NamedUse[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      uses.push({ name: flat[at] as string, usedAt: new Date(Number(flat[at + 1])) });
    }
    return uses.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** No name of a queue or a topic has braces, so no other key is called so. */
function indexKey(kind: NamedKind): string {
  return `{redpost}:${kind}`;
}

/** True when the user has no right to the index. */
function isRefused(error: unknown): boolean {
  return isRedpostError(error, 'SERVER') && (error as ServerError).reply === 'NOPERM';
}
