import { sharedNow } from '../clock.js';
import { addTo } from './add-to.js';
import type { Entry } from './entry.js';

/** One injected fault. */
export interface Incident {
  kind: string;
  /** The affected process; undefined for the server, which affects all of them. */
  process?: string;
  at: number;
  /** The same as `at` for an incident that takes no time. */
  until: number;
  /** Redis may have forgotten writes that it answered from then on: FLUSHALL, a log not yet on disk. */
  forgetsSince?: number;
  /** Whether this holds for acknowledgements only, because sends were confirmed by replicas. */
  keepsSends?: boolean;
  /** Until this time, consumers may not have noticed that their leases are gone too. */
  unnoticedUntil?: number;
}

/** A time in which the server refused calls without executing them. */
export interface Refusal {
  from: number;
  until: number;
}

export type EntryOf<Type extends Entry['type']> = Extract<Entry, { type: Type }>;

/** Everything that the processes of a system under test have reported, and every incident. */
export class EventLog {
  readonly incidents: Incident[] = [];
  /** In their order. */
  readonly refusals: Refusal[] = [];
  /** When the last entry was made. */
  endsAt = 0;
  readonly #entries = new Map<Entry['type'], Entry[]>();

  add(entry: Entry): void {
    addTo(this.#entries, entry.type, entry);
    this.endsAt = Math.max(this.endsAt, entry.at);

    if (entry.type === 'incident') {
      const { kind, process, since, at } = entry;
      this.incidents.push({ kind, process, at: since, until: at });
    }
  }

  /** The entries of one type, those of each process in their order. */
  all<Type extends Entry['type']>(type: Type, process?: string): EntryOf<Type>[] {
    const entries = (this.#entries.get(type) ?? []) as EntryOf<Type>[];
    return process === undefined ? entries : entries.filter((entry) => entry.process === process);
  }

  count(type: Entry['type'], process?: string): number {
    return process === undefined
      ? (this.#entries.get(type)?.length ?? 0)
      : this.all(type, process).length;
  }

  /** How many times this happened. */
  happened(kind: string): number {
    return this.incidents.filter((incident) => incident.kind === kind).length;
  }

  /** Whether anything happened at some time from `from` to `to`, or was not noticed yet. */
  hadIncident(from: number, to: number): boolean {
    return this.incidents.some(
      ({ at, until, unnoticedUntil = until }) => at <= to && unnoticedUntil >= from,
    );
  }

  /** Everything that was reported, of all processes in the order of time. */
  everything(): Entry[] {
    return [...this.#entries.values()].flat().sort((a, b) => a.at - b.at);
  }

  /**
   * Records an incident that lasts as long as `act`, even when that fails.
   *
   * @param forgetsMs how far back Redis may forget answered writes.
   * @param leaseMs with `forgetsMs`: how long its consumers' leases are.
   * @param keepsSends with `forgetsMs`: whether it forgets only acknowledgements.
   */
  async during<Result>(
    kind: string,
    process: string | undefined,
    act: () => Result | Promise<Result>,
    forgets?: { forgetsMs: number; leaseMs: number; keepsSends?: boolean },
  ): Promise<Result> {
    const at = sharedNow();
    try {
      return await act();
    } finally {
      const until = sharedNow();
      this.incidents.push({
        kind,
        at,
        until,
        ...(process !== undefined && { process }),
        ...(forgets && {
          forgetsSince: at - forgets.forgetsMs,
          keepsSends: forgets.keepsSends ?? false,
          unnoticedUntil: until + forgets.leaseMs,
        }),
      });
    }
  }
  /** Records that the server refuses calls as long as `act` lasts, even when that fails. It is no incident. */
  async refusing<Result>(act: () => Promise<Result>): Promise<Result> {
    const from = sharedNow();
    try {
      return await act();
    } finally {
      this.refusals.push({ from, until: sharedNow() });
    }
  }
}
