import { inTurns, pause, performance } from '@redpost/core/consuming';
import type { QueueStats } from '@redpost/queue';
import { type Attention, attentionFor } from './attention.js';
import { isAway } from './is-away.js';
import type { QueuePool } from './queue-pool.js';
import { Traffic } from './traffic.js';

/** What was seen of a queue. */
export interface Sample {
  name: string;
  stats: QueueStats | undefined;
  /** For how long the next message has waited since it was sent; undefined when none waits or that is not known. */
  ageMs: number | undefined;
  attention: Attention[];
  traffic: Traffic;
}

/** What was seen of all queues. */
export interface Samples {
  at: Date;
  all: readonly Sample[];
}

/** How often all queues are looked at while somebody watches, in ms. */
const everyMs = 2000;
/** A look is followed by a pause that is so many times as long. */
const restFactor = 4;
/** For how long the looks go on after the last question, in ms. */
const lingerMs = 70_000;

/**
 * Looks at all queues again and again while somebody watches, and for a minute longer, so that rates can be told. However many watch, Redis
 * is asked once. Many queues are looked at less often, so that it never takes more than a fifth of the time.
 */
export class Sampler {
  readonly #pool: QueuePool;
  readonly #traffic = new Map<string, Traffic>();
  readonly #closing = new AbortController();
  #current: Samples | undefined;
  #looking: Promise<Samples> | undefined;
  #askedAt = 0;
  #isRunning = false;

  constructor(pool: QueuePool) {
    this.#pool = pool;
  }

  /** What was seen last. The first time, all queues are looked at. @throws what Redis answers when they cannot be listed. */
  async samples(): Promise<Samples> {
    this.#askedAt = performance.now();
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#current = undefined;
      this.#run();
    }
    return this.#current ?? this.#look();
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && performance.now() - this.#askedAt < lingerMs) {
      const startedAt = performance.now();
      // Those who ask are told of the error by a look of their own.
      await this.#look().catch(() => {
        this.#current = undefined;
      });
      const tookMs = performance.now() - startedAt;
      const restMs = Math.max(everyMs - tookMs, restFactor * tookMs);
      await pause(restMs, undefined, { signal, ref: false }).catch(() => {});
    }
    this.#isRunning = false;
    this.#traffic.clear();
  }

  #look(): Promise<Samples> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookAtAll(): Promise<Samples> {
    const names = await this.#pool.names();
    const all = await inTurns(names, (name) => this.#sample(name));
    const known = new Set(names);
    for (const name of this.#traffic.keys()) if (!known.has(name)) this.#traffic.delete(name);
    this.#current = { at: new Date(), all };
    return this.#current;
  }

  async #sample(name: string): Promise<Sample> {
    const traffic = this.#traffic.get(name) ?? new Traffic();
    this.#traffic.set(name, traffic);
    try {
      const queue = this.#pool.get(name)?.queue;
      if (!queue) throw new TypeError(`${name} is not shown`);
      const stats = await queue.stats();
      const ageMs = stats.pending > 0 ? await ageOfNext(queue) : undefined;
      traffic.note(stats, performance.now());
      return { name, stats, ageMs, attention: attentionFor(stats, ageMs), traffic };
    } catch (error) {
      if (isAway(error)) throw error;
      return { name, stats: undefined, ageMs: undefined, attention: ['unreadable'], traffic };
    }
  }
}

/** For how long the next message has waited, by the clock of its producer and of this process. */
export async function ageOfNext(queue: {
  peek(count: number, options: object): Promise<{ sentAt: Date | undefined }[]>;
}): Promise<number | undefined> {
  const [next] = await queue.peek(1, { maxBodyBytes: 0 });
  return next?.sentAt && Math.max(0, Date.now() - next.sentAt.getTime());
}
