import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Report } from './entry.js';

/** How often to look for new lines, in ms. */
const everyMs = 10;

/**
 * Follows the file that a process writes its reports to. It is a file, because its content remains when the
 * process is killed, and a process never has to wait for its reader.
 */
export class ReportReader {
  readonly #file: number;
  readonly #add: (report: Report & { at: number }) => void;
  readonly #chunk = Buffer.alloc(256 * 1024);
  readonly #decoder = new StringDecoder();
  readonly #timer: NodeJS.Timeout;
  #rest = '';

  constructor(path: string, add: (report: Report & { at: number }) => void) {
    this.#file = openSync(path, 'a+');
    this.#add = add;
    this.#timer = setInterval(() => this.#read(), everyMs);
  }

  /** Reads the remaining reports of a process that has ended. */
  close(): void {
    clearInterval(this.#timer);
    this.#read();
    closeSync(this.#file);
  }

  #read(): void {
    for (;;) {
      const size = readSync(this.#file, this.#chunk, 0, this.#chunk.length, null);
      if (size === 0) return;
      const text = this.#rest + this.#decoder.write(this.#chunk.subarray(0, size));
      const lines = text.split('\n');
      // A line that the process could not finish was never reported.
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#add(JSON.parse(line) as Report & { at: number });
    }
  }
}
