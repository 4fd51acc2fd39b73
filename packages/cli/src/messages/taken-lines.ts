import { constants, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Output, OutputClosedError } from '../output/output.js';
import { PipeReader } from '../output/pipe-reader.js';

interface Line {
  text: string;
  /** What was written up to its end, in bytes. */
  end: number;
  /** The lines that were written together with it. */
  chunk: Chunk | undefined;
  resolve(): void;
  reject(error: Error): void;
}

interface Chunk {
  lines: number;
  writtenAt: number;
}

/** How long after a chunk the next one is written, in ms: the reader may end with what it has. */
const paceMs = 20;
/** A line that has been in the pipe for so long, in ms, counts as taken. */
const quietMs = 1000;

/**
 * Prints lines to a reader that may end before it has read all of them, as `head` does, and tells which it took.
 *
 * A pipe accepts 64 KB that nobody has read yet. So a line counts as taken when the pipe has accepted so much after it that it
 * must have been read, or when nothing has happened for a second. When the reader ends, what it has left in the pipe is
 * counted, where the system allows that. Lines are written one at a time at first, then in chunks that double, since a
 * reader that has read several lines at once may have used only the first one of them.
 *
 * Into a file and to a terminal, a line is taken when it is written.
 */
export class TakenLines {
  readonly #output: Output;
  readonly #capacity: number;
  readonly #waiting: Line[] = [];
  /** Those that the pipe has accepted, and that may not have been read. */
  readonly #unsure: Line[] = [];
  #written = 0;
  #heldBytes = 0;
  #chunkLines = 1;
  #lastChunk: Chunk | undefined;
  #isBlocked = false;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(output: Output) {
    this.#output = output;
    this.#capacity = output.pipeBytes;
    if (this.#capacity > 0) this.#watchReader();
  }

  /** True when no more should be printed before an earlier line is taken. */
  get isFull(): boolean {
    return this.#heldBytes > 4 * this.#capacity;
  }

  /**
   * Prints a line. Resolves when the reader has taken it.
   *
   * @throws OutputClosedError when the reader has ended without it.
   */
  print(text: string): Promise<void> {
    if (this.#capacity === 0) return this.#output.line(text);
    return new Promise((resolve, reject) => {
      this.#heldBytes += sizeOf(text);
      this.#waiting.push({ text, end: 0, chunk: undefined, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Resolves when all lines are written. What the reader has left in the pipe until then counts as taken. */
  async finished(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#settle(() => true);
    await this.#output.flushed();
  }

  #watchReader(): void {
    const reader = new PipeReader();
    this.#watch = setInterval(() => {
      if (!reader.hasEnded) return;
      this.#output.close();
      this.#readerEnded();
    }, quietMs / 4);
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#pace();
        await this.#writeChunk();
      }
    } catch {
      this.#readerEnded();
    } finally {
      this.#writing = undefined;
    }
  }

  async #pace(): Promise<void> {
    if (!this.#lastChunk) return;
    const sinceMs = performance.now() - this.#lastChunk.writtenAt;
    if (sinceMs > quietMs) this.#chunkLines = 1;
    else if (sinceMs < paceMs) await pause(paceMs - sinceMs);
  }

  async #writeChunk(): Promise<void> {
    const lines = this.#takeChunk();
    const chunk = { lines: lines.length, writtenAt: 0 };
    let accepted: Promise<void> | undefined;
    for (const line of lines) {
      accepted = this.#output.line(line.text);
      line.chunk = chunk;
      this.#unsure.push(line);
    }
    this.#isBlocked = true;
    await accepted;
    this.#isBlocked = false;
    for (const line of lines) {
      this.#written += sizeOf(line.text);
      line.end = this.#written;
    }
    chunk.writtenAt = performance.now();
    this.#lastChunk = chunk;
    if (lines.length === this.#chunkLines) this.#chunkLines *= 2;
    this.#settle(({ end }) => end <= this.#written - this.#capacity);
    this.#timer ??= setTimeout(() => this.#settleOld(), quietMs);
  }

  /** As many lines as it is the turn of, and no more than the pipe holds. */
  #takeChunk(): Line[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(this.#chunkLines, this.#waiting.length); count += 1) {
      bytes += sizeOf(this.#waiting[count]?.text ?? '');
      if (count > 0 && bytes > this.#capacity) break;
    }
    return this.#waiting.splice(0, count);
  }

  #settleOld(): void {
    this.#timer = undefined;
    const before = performance.now() - quietMs + 1;
    // While the pipe is full, nothing is read.
    if (!this.#isBlocked) this.#settle(({ chunk }) => (chunk?.writtenAt ?? 0) <= before);
    if (this.#unsure.length > 0) this.#timer = setTimeout(() => this.#settleOld(), quietMs / 4);
  }

  /** Lines are taken in their order. */
  #settle(isTaken: (line: Line) => boolean): void {
    let count = 0;
    for (const line of this.#unsure) {
      if (!isTaken(line)) break;
      this.#heldBytes -= sizeOf(line.text);
      line.resolve();
      count += 1;
    }
    this.#unsure.splice(0, count);
  }

  #readerEnded(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    const read = this.#written - (unreadBytes() ?? this.#capacity);
    // The chunk in which its last read has ended.
    const last = this.#unsure.find(({ end }) => end >= read)?.chunk;
    this.#settle(({ end, chunk }) => {
      return end > 0 && end <= read && (chunk !== last || chunk?.lines === 1);
    });
    const lost = [...this.#unsure.splice(0), ...this.#waiting.splice(0)];
    for (const { reject } of lost) reject(new OutputClosedError());
  }
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text) + 1;
}

/** What the reader, which has ended, has left in the pipe on stdout; undefined where that cannot be known. */
function unreadBytes(): number | undefined {
  const buffer = Buffer.alloc(64 * 1024);
  let unread = 0;
  try {
    const pipe = openSync('/proc/self/fd/1', constants.O_RDONLY | constants.O_NONBLOCK);
    for (;;) {
      const count = readOr(pipe, buffer);
      if (count === 0) return unread;
      unread += count;
    }
  } catch {
    return undefined;
  }
}

/** Reads, or returns 0 when the pipe is empty. */
function readOr(pipe: number, buffer: Buffer): number {
  try {
    return readSync(pipe, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
