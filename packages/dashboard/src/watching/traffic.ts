import type { QueueStats } from '@redpost/queue';

/** What came in and went out between two looks at a queue. */
interface Interval {
  endedAt: number;
  ms: number;
  in: number;
  out: number;
}

/** How long intervals are kept, in ms. */
const keptMs = 60_000;

/** What has gone through a queue in the last minute, by comparing its numbers. */
export class Traffic {
  #last: { at: number; here: number; gone: number } | undefined;
  #intervals: Interval[] = [];

  /** @param at of a monotonic clock, in ms. */
  note(stats: QueueStats, at: number): void {
    const { pending, active, delayed, total } = stats;
    const here = pending + active + delayed;
    const gone = total.acked + total.dead + total.expired + total.cancelled + total.dropped;
    if (this.#last) {
      const ms = Math.max(1, at - this.#last.at);
      // Where the queue was purged or destroyed, less is there than was.
      const out = Math.max(0, gone - this.#last.gone);
      const came = Math.max(0, here - this.#last.here + out);
      this.#intervals.push({ endedAt: at, ms, in: came, out });
      while ((this.#intervals[0]?.endedAt ?? at) < at - keptMs) this.#intervals.shift();
    }
    this.#last = { at, here, gone };
  }

  /** Per second, over the last ten seconds; undefined before the second look. */
  rates(): { in: number; out: number } | undefined {
    const newest = this.#intervals.at(-1)?.endedAt;
    if (newest === undefined) return undefined;
    const recent = this.#intervals.filter(({ endedAt }) => endedAt > newest - 10_000);
    const seconds = recent.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    const perSecond = (which: 'in' | 'out') =>
      round(recent.reduce((sum, each) => sum + each[which], 0) / seconds);
    return { in: perSecond('in'), out: perSecond('out') };
  }

  /** How many per second went out, at each look of the last minute. */
  sparkline(): number[] {
    return this.#intervals.map(({ out, ms }) => round((1000 * out) / ms));
  }
}

function round(number: number): number {
  return number >= 100 ? Math.round(number) : Math.round(number * 10) / 10;
}
