import { performance } from 'node:perf_hooks';
import type { Sent } from './tasks.js';

/** What both kinds of sides do. */
export abstract class Side {
  abstract open(options: { url: string; persistent: boolean }): Promise<void>;
  protected abstract closeClient(): Promise<void>;

  async close(): Promise<void> {
    await this.closeClient();
    this.collect();
  }

  collect(): void {
    globalThis.gc?.();
  }

  cpu(): { ms: number } | Promise<{ ms: number }> {
    const { user, system } = process.cpuUsage();
    return { ms: (user + system) / 1000 };
  }

  memory(): { rssBytes: number } {
    return { rssBytes: process.memoryUsage.rss() };
  }
}

export async function timed(work: () => Promise<void>): Promise<Sent> {
  const startedAtNs = nowNs();
  const startedAt = performance.now();
  await work();
  return { startedAtNs, ms: performance.now() - startedAt };
}

/** The machine's monotonic clock, which processes share. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}
