import { sharedNow } from './clock.js';
import type { Entry } from './entry.js';

/** Something bad that was done on purpose. */
export interface Fault {
  kind: string;
  /** The process it was done to; undefined for the server, and so for all of them. */
  process?: string;
  at: number;
  /** The same as `at` for what takes no time. */
  until: number;
}

export type EntryOf<Type extends Entry['type']> = Extract<Entry, { type: Type }>;

/** Everything that the processes of a trial have reported, and every fault. */
export class Ledger {
  readonly faults: Fault[] = [];
  readonly #entries = new Map<Entry['type'], Entry[]>();

  add(entry: Entry): void {
    const known = this.#entries.get(entry.type);
    if (known) known.push(entry);
    else this.#entries.set(entry.type, [entry]);
  }

  /** The entries of one type, those of each process in their order. */
  all<Type extends Entry['type']>(type: Type, process?: string): EntryOf<Type>[] {
    const entries = (this.#entries.get(type) ?? []) as EntryOf<Type>[];
    return process === undefined ? entries : entries.filter((entry) => entry.process === process);
  }

  count(type: Entry['type'], process?: string): number {
    return this.all(type, process).length;
  }

  /** Takes note of a fault that lasts as long as `act`. */
  async during(kind: string, process: string | undefined, act: () => unknown): Promise<void> {
    const at = sharedNow();
    await act();
    this.faults.push({ kind, at, until: sharedNow(), ...(process && { process }) });
  }
}
