import type { Subscriber, SubscriptionTarget, Unsubscribe } from '../connection.js';
import {
  asError,
  ClosedError,
  ConnectionError,
  type RedpostError,
  ServerError,
} from '../errors.js';
import type { Link } from './link.js';

/** One name that Redis is to send us messages for. */
interface Entry extends SubscriptionTarget {
  /** Those for whose sake Redis is asked. */
  readonly subscribers: Set<Subscriber>;
  /** The ones among them who get the messages. */
  readonly live: Set<Subscriber>;
  /** Who was told of an interruption and not yet of its end, and when that began. */
  readonly interruptedAt: Map<Subscriber, number>;
  /** Whether Redis has confirmed it on the present connection. */
  confirmed: boolean;
  /** The work that brings `confirmed` in line with whether there are subscribers. */
  settling: Promise<void> | undefined;
  /** The SUBSCRIBE after a reconnection that it takes part in. Never rejects. */
  resuming: Promise<boolean> | undefined;
}

const verbs = {
  channel: { on: 'SUBSCRIBE', off: 'UNSUBSCRIBE' },
  pattern: { on: 'PSUBSCRIBE', off: 'PUNSUBSCRIBE' },
} as const;

/** How many names one SUBSCRIBE carries after a reconnection. */
const namesPerCommand = 500;
/** How long to wait before a refused name is asked for again, in ms: at first, and at most. */
const retryMs = { first: 50, longest: 5000 };

/**
 * All subscriptions of a process over one socket: Redis is asked once per name, however many
 * subscribers share it, and once more for each that joins others.
 *
 * ioredis would resubscribe by itself, but calls the connection ready before it has, and keeps
 * quiet when Redis refuses: so it is done here, and `resumed` is said only when it is true.
 *
 * For each name, at most one change is on its way at a time: `settling` waits for `resuming`, and
 * what is settling is not resumed. An entry is forgotten only when neither is the case, or a late
 * UNSUBSCRIBE would silence the entry that came after it.
 */
export class Subscriptions {
  readonly #link: Link;
  readonly #callTimeoutMs: number;
  readonly #report: (error: RedpostError) => void;
  readonly #entries = new Map<string, Entry>();
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    link: Link,
    options: { callTimeoutMs: number; report: (error: RedpostError) => void },
  ) {
    this.#link = link;
    this.#callTimeoutMs = options.callTimeoutMs;
    this.#report = options.report;
    link.events.on('error', options.report);
    link.events.on('down', (error) => this.#interrupted(error));
    link.events.on('up', () => this.#resume());
  }

  /** What ioredis calls for a message to a channel. */
  readonly onMessage = (channel: Buffer, payload: Buffer): void => {
    const name = channel.toString();
    this.#deliver(`channel:${name}`, name, payload);
  };

  /** What ioredis calls for a message to a pattern. */
  readonly onPatternMessage = (pattern: string, channel: Buffer, payload: Buffer): void => {
    this.#deliver(`pattern:${pattern}`, channel.toString(), payload);
  };

  async subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe> {
    const entry = this.#entryFor(target);
    const isShared = entry.confirmed || Boolean(entry.settling ?? entry.resuming);
    entry.subscribers.add(subscriber);
    if (!isShared) entry.live.add(subscriber);
    try {
      await this.#settle(entry);
      // Redis is asked again for one who joins others: what was published before then arrives
      // before the answer, and is not for the one who joins.
      if (isShared) await this.#join(entry);
    } catch (error) {
      this.#remove(entry, subscriber);
      if (entry.confirmed) await this.#settle(entry).catch(ignore);
      else this.#forgetIfUnused(entry);
      // Those who were interrupted and counted on the same attempt still wait.
      if (entry.interruptedAt.size > 0) this.#resume();
      throw error;
    }
    entry.live.add(subscriber);
    return async () => {
      if (this.#remove(entry, subscriber)) await this.#settle(entry).catch(ignore);
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    this.#entries.clear();
    this.#link.close();
  }

  #deliver(key: string, channel: string, payload: Buffer): void {
    const live = this.#entries.get(key)?.live;
    if (!live) return;
    for (const subscriber of live) attempt(() => subscriber.message(channel, payload));
  }

  #entryFor({ kind, name }: SubscriptionTarget): Entry {
    const key = `${kind}:${name}`;
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = {
      kind,
      name,
      subscribers: new Set(),
      live: new Set(),
      interruptedAt: new Map(),
      confirmed: false,
      settling: undefined,
      resuming: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #remove(entry: Entry, subscriber: Subscriber): boolean {
    entry.interruptedAt.delete(subscriber);
    entry.live.delete(subscriber);
    return entry.subscribers.delete(subscriber);
  }

  #forgetIfUnused(entry: Entry): void {
    if (entry.subscribers.size > 0 || entry.settling || entry.resuming) return;
    const key = `${entry.kind}:${entry.name}`;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  /** Subscribes or unsubscribes until Redis has confirmed what the present subscribers want. */
  #settle(entry: Entry): Promise<void> {
    entry.settling ??= this.#reconcile(entry);
    return entry.settling;
  }

  async #reconcile(entry: Entry): Promise<void> {
    // In no case in this tick: whoever comes or goes meanwhile is to share the answer.
    await entry.resuming;
    try {
      while (entry.confirmed !== entry.subscribers.size > 0) {
        if (entry.confirmed) await this.#leave(entry);
        else await this.#join(entry);
      }
    } finally {
      entry.settling = undefined;
      this.#forgetIfUnused(entry);
    }
  }

  /** SUBSCRIBE may be repeated, so a connection that breaks meanwhile only costs time. */
  async #join(entry: Entry): Promise<void> {
    const deadline = performance.now() + this.#callTimeoutMs;
    for (;;) {
      if (this.#closed) throw new ClosedError('The connection is closed');
      try {
        await this.#link.call(verbs[entry.kind].on, [entry.name], deadline);
        return this.#confirm(entry);
      } catch (error) {
        if (!(error instanceof ConnectionError) || performance.now() >= deadline) throw error;
      }
    }
  }

  /** A connection that is gone, or a refusal, ends the subscription just as well. */
  async #leave(entry: Entry): Promise<void> {
    const deadline = performance.now() + this.#callTimeoutMs;
    const { off } = verbs[entry.kind];
    if (this.#link.isUp) await this.#link.send(off, [entry.name], deadline).catch(ignore);
    entry.confirmed = false;
  }

  #confirm(entry: Entry): void {
    entry.confirmed = true;
    const interrupted = [...entry.interruptedAt];
    entry.interruptedAt.clear();
    for (const [subscriber, since] of interrupted) {
      attempt(() => subscriber.resumed?.(performance.now() - since));
    }
  }

  #interrupted(error: RedpostError): void {
    const now = performance.now();
    for (const entry of this.#entries.values()) {
      if (!entry.confirmed) continue;
      entry.confirmed = false;
      for (const subscriber of entry.subscribers) {
        entry.interruptedAt.set(subscriber, now);
        attempt(() => subscriber.interrupted?.(error));
      }
    }
  }

  /** Asks again for every name that is missing, until Redis has confirmed all of them. */
  #resume(waitMs = retryMs.first): void {
    clearTimeout(this.#retryTimer);
    if (this.#closed || !this.#link.isUp) return;
    const missing = [...this.#entries.values()].filter(
      (entry) =>
        !entry.confirmed && !entry.settling && !entry.resuming && entry.subscribers.size > 0,
    );
    const groups = [...groupsOf(missing)].map((group) => this.#resubscribe(group));
    void Promise.all(groups).then((results) => {
      if (this.#closed || !results.includes(true)) return;
      const nextMs = Math.min(waitMs * 2, retryMs.longest);
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.#resume(nextMs), waitMs).unref();
    });
  }

  /** Resolves to true when some of the group have to be asked for again. */
  async #resubscribe(group: Entry[]): Promise<boolean> {
    const asking = this.#askFor(group);
    for (const entry of group) entry.resuming = asking;
    const again = await asking;
    for (const entry of group) {
      entry.resuming = undefined;
      if (entry.subscribers.size === 0) this.#settle(entry).catch(ignore);
    }
    return again;
  }

  async #askFor(group: Entry[]): Promise<boolean> {
    const [first] = group;
    if (!first) return false;
    try {
      const names = group.map((entry) => entry.name);
      await this.#link.send(verbs[first.kind].on, names, performance.now() + this.#callTimeoutMs);
    } catch (error) {
      if (this.#closed) return false;
      this.#report(error as RedpostError);
      if (group.length === 1 || !(error instanceof ServerError)) return true;
      // One refused name must not keep the others out.
      const alone = await Promise.all(group.map((entry) => this.#askFor([entry])));
      return alone.includes(true);
    }
    for (const entry of group) this.#confirm(entry);
    return false;
  }
}

function* groupsOf(entries: Entry[]): Generator<Entry[]> {
  for (const kind of ['channel', 'pattern'] as const) {
    const some = entries.filter((entry) => entry.kind === kind);
    for (let at = 0; at < some.length; at += namesPerCommand) {
      yield some.slice(at, at + namesPerCommand);
    }
  }
}

/** A subscriber that throws must not keep a message from the others, or end the process. */
function attempt(notify: () => void): void {
  try {
    notify();
  } catch (error) {
    process.emitWarning(asError(error));
  }
}

function ignore(): void {}
