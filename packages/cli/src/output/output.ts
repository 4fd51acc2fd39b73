import { type BigIntStats, fstatSync } from 'node:fs';
import { TickBatch } from '@redpost/core/consuming';
import { withdraw } from './notices.js';

/** The program that read our stdout has ended, e.g. `| head`. */
export class OutputClosedError extends Error {
  constructor() {
    super('The reader of the output has closed it');
    this.name = 'OutputClosedError';
  }
}

interface Line {
  text: string;
  resolve(): void;
  reject(error: Error): void;
}

/** When this many bytes wait for the reader, writing waits too. */
const highWaterBytes = 1024 * 1024;

/** What a pipe holds, and at most a local socket, as Node makes one for its child processes. */
const [pipeBytes, socketBytes] = [64 * 1024, 256 * 1024];

/** stdout, line by line: those of one tick leave in one write. */
export class Output {
  /** True for a file, which has no reader. */
  readonly isFile: boolean;
  /** How much the system accepts that nobody has read yet, in bytes; 0 for what is not a pipe. */
  readonly pipeBytes: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #onClosed = new Set<() => void>();
  readonly #batch = new TickBatch<Line>({ count: 5000, bytes: 64 * 1024 }, (lines) =>
    this.#write(lines),
  );
  #last: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #isClosed = false;

  constructor(stream: NodeJS.WriteStream & { fd: number }) {
    this.#stream = stream;
    const kind = kindOf(stream.fd);
    this.isFile = kind?.isFile() === true;
    this.pipeBytes = kind?.isFIFO() ? pipeBytes : kind?.isSocket() ? socketBytes : 0;
    stream.on('error', () => this.close());
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Calls `listener` when the reader has ended. */
  onClosed(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClosed.add(listener);
  }

  /** The reader has ended. */
  close(): void {
    this.#isClosed = true;
    for (const listener of this.#onClosed) listener();
    this.#onClosed.clear();
  }

  /**
   * Writes a line. Resolves when the operating system has accepted it.
   *
   * @throws OutputClosedError when the reader has ended. The rejection need not be handled.
   */
  line(text: string): Promise<void> {
    this.#last = new Promise<void>((resolve, reject) => {
      if (this.#isClosed) return reject(new OutputClosedError());
      const bytes = text.length + 1;
      this.#waitingBytes += bytes;
      const written = () => {
        this.#waitingBytes -= bytes;
        resolve();
      };
      this.#batch.add({ text, resolve: written, reject }, bytes);
    });
    // The caller gets the error; this only keeps the last one from being an unhandled rejection.
    this.#last.catch(() => {});
    return this.#last;
  }

  /** A promise to wait for before more is written, when the reader is slower than we are. */
  get pressure(): Promise<void> | undefined {
    return this.#waitingBytes > highWaterBytes ? this.#last : undefined;
  }

  /** Resolves when all lines are written, or the reader has ended. */
  async flushed(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #write(lines: readonly Line[]): void {
    const text = lines.map((line) => `${line.text}\n`).join('');
    // Progress, without a line break, may be the last line of the same terminal.
    if (this.isTerminal) withdraw();
    this.#stream.write(text, (error) => {
      if (error) this.close();
      for (const { resolve, reject } of lines) {
        if (error) reject(new OutputClosedError());
        else resolve();
      }
    });
  }
}

/**
 * Undefined when it is closed.
 *
 * With `bigint`, because after `fstatSync` of a pipe Node (20, 22) takes symbolic links for what they point to: an `import()` of a
 * package that is linked, as pnpm does it, loads it and what it needs from the place of the link, and does not find all of
 * that. See findings/node-imports-by-links-after-fstat-of-a-pipe.sh.
 */
function kindOf(descriptor: number): BigIntStats | undefined {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    return undefined;
  }
}
