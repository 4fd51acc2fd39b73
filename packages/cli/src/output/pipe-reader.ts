import { lstatSync, readdirSync, readlinkSync } from 'node:fs';

const readable = 0o400;

/**
 * The process at the other end of the pipe that stdout is. A program learns that its reader has ended when it writes the next
 * line, which may never come. Linux tells in /proc which process has which end of a pipe.
 */
export class PipeReader {
  readonly #pipe = linkOf('/proc/self/fd/1');
  /** Where a reader was seen; undefined where it cannot be known. */
  #place = this.#find();

  /** True when there was a reader, and is none now. */
  get hasEnded(): boolean {
    if (this.#place === undefined || linkOf(this.#place) === this.#pipe) return false;
    // Another process may have inherited it.
    const other = this.#find();
    this.#place = other ?? this.#place;
    return other === undefined;
  }

  #find(): string | undefined {
    if (!this.#pipe?.startsWith('pipe:')) return undefined;
    for (const pid of list('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      for (const descriptor of list(`/proc/${pid}/fd`)) {
        const place = `/proc/${pid}/fd/${descriptor}`;
        if (linkOf(place) === this.#pipe && isReadable(place)) return place;
      }
    }
    return undefined;
  }
}

/** Nothing for a process that has ended, or is somebody else's. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(place: string): string | undefined {
  try {
    return readlinkSync(place);
  } catch {
    return undefined;
  }
}

function isReadable(place: string): boolean {
  try {
    return (lstatSync(place).mode & readable) !== 0;
  } catch {
    return false;
  }
}
