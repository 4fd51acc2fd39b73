import type { Subscriber, SubscriptionTarget, Unsubscribe } from '../connection/connection.js';
import { ClosedError, ConnectionError, isRedpostError, type RedpostError } from '../errors.js';
import { outsideContext } from '../runtime/context.js';
import { clearTimeout, performance, setTimeout } from '../runtime/timers.js';
import { warn } from '../runtime/warning.js';
import type { Link } from './link.js';
import type { OnMessage } from './message-reader.js';
import { type Entry, newEntry, noChange } from './subscription-entry.js';

const verbs = {
  channel: { on: 'SUBSCRIBE', off: 'UNSUBSCRIBE' },
  pattern: { on: 'PSUBSCRIBE', off: 'PUNSUBSCRIBE' },
  shard: { on: 'SSUBSCRIBE', off: 'SUNSUBSCRIBE' },
} as const;

/** How many names one SUBSCRIBE carries after a reconnection. */
const namesPerCommand = 500;
/** How long to wait before a refused name is asked for again, in ms: at first, and at most. */
const retryMs = { first: 50, longest: 5000 };

/**
 * All subscriptions of a process over one socket: Redis is asked once per name for all its subscribers, and
 * once more for each subscriber that joins others.
 *
 * ioredis would resubscribe by itself, but calls the connection ready before that, and does not report a
 * refusal: so it is done here, and `resumed` is reported only after the confirmation.
 *
 * Each name has two states, its state in Redis (`Standing`) and the change in progress (`Change`). An entry
 * is deleted only when no change is in progress. Otherwise a late UNSUBSCRIBE would end the subscription of
 * the entry that came after it.
 */
export class Subscriptions {
  readonly #link: Link;
  readonly #callTimeoutMs: number;
  readonly #report: (error: RedpostError) => void;
  readonly #entries = {
    channel: new Map<string, Entry>(),
    pattern: new Map<string, Entry>(),
    shard: new Map<string, Entry>(),
  };
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

  /** Takes a message for `name`: the channel itself, or the pattern it matched. */
  readonly onMessage: OnMessage = (kind, name, channel, payload) => {
    const live = this.#entries[kind].get(name)?.live;
    if (!live) return;
    for (const subscriber of live) {
      try {
        subscriber.message(channel, payload);
      } catch (error) {
        warn(error, { withStack: true });
      }
    }
  };

  /** Redis has ended the subscription to a sharded channel: its slot belongs to another node now. */
  readonly onRevoked = (name: string): void => {
    const entry = this.#entries.shard.get(name);
    if (!entry || entry.change.name === 'leaving') return;
    entry.revocations += 1;
    if (entry.standing === 'absent') return;
    this.#interrupt(entry, movedError(name));
    this.#resume();
  };

  async subscribe(target: SubscriptionTarget, subscriber: Subscriber): Promise<Unsubscribe> {
    const entry = this.#entryFor(target);
    const isShared = entry.standing === 'confirmed' || entry.change.name !== 'none';
    entry.subscribers.add(subscriber);
    if (!isShared) entry.live.add(subscriber);
    try {
      await this.#settle(entry);
      // Redis is asked again for a subscriber that joins others: messages that were published before arrive
      // before the answer, and are not for the new subscriber.
      if (isShared) await this.#join(entry);
    } catch (error) {
      this.#remove(entry, subscriber);
      if (entry.standing === 'confirmed') await this.#settle(entry).catch(ignore);
      else this.#forgetIfUnused(entry);
      this.#resumeOthers(entry);
      throw error;
    }
    entry.live.add(subscriber);
    return async () => {
      if (!this.#remove(entry, subscriber)) return;
      await this.#settle(entry).catch(ignore);
      this.#resumeOthers(entry);
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    for (const entries of Object.values(this.#entries)) entries.clear();
    this.#link.close();
  }

  #entryFor({ kind, name }: SubscriptionTarget): Entry {
    const known = this.#entries[kind].get(name);
    if (known) return known;
    const entry = newEntry({ kind, name });
    this.#entries[kind].set(name, entry);
    return entry;
  }

  *#all(): Generator<Entry> {
    for (const entries of Object.values(this.#entries)) yield* entries.values();
  }

  #remove(entry: Entry, subscriber: Subscriber): boolean {
    entry.interruptedAt.delete(subscriber);
    entry.live.delete(subscriber);
    return entry.subscribers.delete(subscriber);
  }

  #forgetIfUnused(entry: Entry): void {
    if (entry.subscribers.size > 0 || entry.change.name !== 'none') return;
    const entries = this.#entries[entry.kind];
    if (entries.get(entry.name) === entry) entries.delete(entry.name);
  }

  /** Subscribes or unsubscribes until Redis has confirmed the state that the present subscribers need. */
  #settle(entry: Entry): Promise<unknown> {
    const { name, over } = entry.change;
    if (name === 'settling' || name === 'leaving') return over;
    entry.change = { name: 'settling', over: this.#reconcile(entry, over) };
    return entry.change.over;
  }

  /** @param former the change before this one. */
  async #reconcile(entry: Entry, former: Promise<unknown>): Promise<void> {
    // In no case in this tick: subscribers that come or go meanwhile are to share the answer.
    await former;
    try {
      while ((entry.standing === 'confirmed') !== entry.subscribers.size > 0) {
        if (entry.standing === 'confirmed') await this.#leave(entry);
        else await this.#join(entry);
      }
    } finally {
      entry.change = noChange;
      this.#forgetIfUnused(entry);
    }
  }

  /** SUBSCRIBE may be repeated, so a connection that breaks meanwhile only costs time. */
  async #join(entry: Entry): Promise<void> {
    const deadline = performance.now() + this.#callTimeoutMs;
    for (;;) {
      if (this.#closed) throw new ClosedError('The connection is closed');
      try {
        const { revocations } = entry;
        await this.#link.call(verbs[entry.kind].on, [entry.name], deadline);
        this.#confirm(entry);
        if (entry.revocations > revocations) this.#interrupt(entry, movedError(entry.name));
        return;
      } catch (error) {
        const isPassing = isRedpostError(error, 'CONNECTION') && error.retryable;
        if (!isPassing || performance.now() >= deadline) throw error;
      }
    }
  }

  /** A lost connection or a refusal ends the subscription as well. */
  async #leave(entry: Entry): Promise<void> {
    const deadline = performance.now() + this.#callTimeoutMs;
    const { off } = verbs[entry.kind];
    const { over } = entry.change;
    entry.change = { name: 'leaving', over };
    if (this.#link.isUp) await this.#link.send(off, [entry.name], deadline).catch(ignore);
    entry.change = { name: 'settling', over };
    entry.standing = 'absent';
  }

  #confirm(entry: Entry): void {
    entry.standing = 'confirmed';
    const interrupted = [...entry.interruptedAt];
    entry.interruptedAt.clear();
    for (const [subscriber, since] of interrupted) {
      attempt(() => subscriber.resumed?.(performance.now() - since));
    }
  }

  #interrupted(error: RedpostError): void {
    for (const entry of this.#all()) {
      if (entry.standing === 'confirmed') this.#interrupt(entry, error);
    }
  }

  #interrupt(entry: Entry, error: RedpostError): void {
    entry.standing = 'absent';
    const now = performance.now();
    for (const subscriber of entry.subscribers) {
      entry.interruptedAt.set(subscriber, now);
      attempt(() => subscriber.interrupted?.(error));
    }
  }

  /** Interrupted subscribers that relied on the attempt of a removed subscriber still wait. */
  #resumeOthers(entry: Entry): void {
    if (entry.interruptedAt.size > 0) outsideContext(() => this.#resume());
  }

  /** Subscribes again to every missing name, until Redis has confirmed all of them. */
  #resume(waitMs = retryMs.first): void {
    clearTimeout(this.#retryTimer);
    if (this.#closed || !this.#link.isUp) return;
    const missing = [...this.#all()].filter(
      ({ standing, change, subscribers }) =>
        standing === 'absent' && change.name === 'none' && subscribers.size > 0,
    );
    const groups = [...groupsOf(missing)].map((group) => this.#resubscribe(group));
    void Promise.all(groups).then((results) => {
      if (this.#closed || !results.includes(true)) return;
      const nextMs = Math.min(waitMs * 2, retryMs.longest);
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.#resume(nextMs), waitMs).unref();
    });
  }

  /** Resolves to true when some names of the group have to be requested again. */
  async #resubscribe(group: Entry[]): Promise<boolean> {
    const over = this.#askFor(group);
    const resuming = { name: 'resuming', over } as const;
    for (const entry of group) entry.change = resuming;
    const again = await over;
    for (const entry of group) {
      if (entry.change === resuming) entry.change = noChange;
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
      if (group.length === 1 || !isRedpostError(error, 'SERVER')) return true;
      // One refused name must not keep the others out.
      const alone = await Promise.all(group.map((entry) => this.#askFor([entry])));
      return alone.includes(true);
    }
    for (const entry of group) this.#confirm(entry);
    return false;
  }
}

function* groupsOf(entries: Entry[]): Generator<Entry[]> {
  for (const kind of ['channel', 'pattern', 'shard'] as const) {
    const some = entries.filter((entry) => entry.kind === kind);
    for (let at = 0; at < some.length; at += namesPerCommand) {
      yield some.slice(at, at + namesPerCommand);
    }
  }
}

function movedError(name: string): ConnectionError {
  return new ConnectionError(`The slot of channel ${name} moved to another node`, {
    outcome: 'unknown',
  });
}

/** A subscriber that throws must not keep a message from the others, or end the process. */
function attempt(notify: () => void): void {
  try {
    notify();
  } catch (error) {
    warn(error, { withStack: true });
  }
}

function ignore(): void {}
