import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const everyMs = 50;

/** Follows the append-only file of a Redis, to know its length at earlier times. */
export class AppendOnlyLog {
  readonly #dir: string;
  readonly #timer: NodeJS.Timeout;
  #sizes: { at: number; size: number }[] = [];

  /** @param dir of the server's data. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#timer = setInterval(() => this.#note(), everyMs);
  }

  /** Resolves when the file is known to have had content this long ago. */
  async hasGrownFor(ms: number): Promise<void> {
    await eventually(() => this.#sizeBefore(ms), { describe: () => 'the log has grown' });
  }

  /** Removes the data of the last `ms`, as if the disk had not written it. */
  cut(ms: number): void {
    const path = this.#path();
    const size = this.#sizeBefore(ms);
    if (path === undefined || size === undefined)
      throw new Error(`It is not known what the log was ${ms} ms ago`);
    truncateSync(path, size);
    this.#sizes = [];
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #note(): void {
    const path = this.#path();
    if (path) this.#sizes.push({ at: performance.now(), size: statSync(path).size });
  }

  #sizeBefore(ms: number): number | undefined {
    return this.#sizes.filter(({ at }) => at < performance.now() - ms).at(-1)?.size;
  }

  /** Redis 7 has a folder, with a file for the data since the last rewrite. */
  #path(): string | undefined {
    const files = readdirSync(this.#dir, { recursive: true }).map(String);
    const file = files.filter((name) => /appendonly\.aof(\.\d+\.incr\.aof)?$/.test(name)).at(-1);
    return file && join(this.#dir, file);
  }
}
