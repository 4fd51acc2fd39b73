import type { Fault, Ledger } from './ledger.js';

/** One call of a handler. */
interface Run {
  process: string;
  startedAt: number;
  handledAt?: number;
  failedAt?: number;
  ackedAt?: number;
}

export interface Account {
  /** How many sends resolved. */
  resolved: number;
  /** Resolved, and neither handled nor dead-lettered. */
  lost: string[];
  /** Handled, and never sent. */
  unsent: string[];
  /** Handled once more after an acknowledgement was confirmed. */
  afterAck: string[];
  /** Handled more than once with no fault that accounts for it. */
  unexcused: string[];
  /** How many times a message was handled once more than it had to be. */
  duplicates: number;
}

export interface AccountOptions {
  /** The keys of the dead letters. */
  dead?: readonly string[];
  /** Which keys to account for. Default: all. */
  only?: (key: string) => boolean;
}

/**
 * How long after a handler has returned its acknowledgement may be on its way, in ms: a process
 * that dies later has no excuse.
 */
const acknowledgedWithinMs = 1000;

/** Compares what was sent with what was handled. */
export function account(ledger: Ledger, options: AccountOptions = {}): Account {
  const { dead = [], only = () => true } = options;
  const runs = runsByKey(ledger);
  const sending = new Set(ledger.all('sending').map(({ key }) => key));
  const resolved = ledger
    .all('sent')
    .filter(({ outcome, key }) => outcome === 'resolved' && only(key))
    .map(({ key }) => key);
  const done = new Set([...dead, ...ledger.all('handled').map(({ key }) => key)]);
  const repeated = [...runs].filter(([key]) => only(key)).map(([key, all]) => repeats(key, all));
  const keysOf = (isMeant: (run: Run, earlier: Run[]) => boolean) =>
    repeated.filter(({ again }) => again.some(([run, earlier]) => isMeant(run, earlier)));

  return {
    resolved: resolved.length,
    lost: resolved.filter((key) => !done.has(key)),
    unsent: [...runs.keys()].filter((key) => !sending.has(key)),
    afterAck: keysOf((run, earlier) =>
      earlier.some(({ ackedAt = Infinity }) => ackedAt < run.startedAt),
    ).map(({ key }) => key),
    unexcused: keysOf(
      (run, earlier) => !earlier.some((before) => isExcused(before, run, ledger.faults)),
    ).map(({ key }) => key),
    duplicates: repeated.reduce((sum, { again }) => sum + again.length, 0),
  };
}

/** The runs that were one too many: those after a run that had not asked for another one. */
function repeats(key: string, runs: Run[]): { key: string; again: [Run, Run[]][] } {
  const earlier: Run[] = [];
  const again: [Run, Run[]][] = [];
  for (const run of runs) {
    if (earlier.length > 0) again.push([run, [...earlier]]);
    if (run.failedAt === undefined) earlier.push(run);
  }
  return { key, again };
}

function isExcused(before: Run, run: Run, faults: readonly Fault[]): boolean {
  const { ackedAt, handledAt = Infinity } = before;
  const inFlightUntil = ackedAt ?? handledAt + acknowledgedWithinMs;
  return faults.some(
    ({ process, at, until }) =>
      (process === undefined || process === before.process) &&
      at <= inFlightUntil &&
      at <= run.startedAt &&
      until >= before.startedAt,
  );
}

/** The runs of each message, in the order of their starts. */
function runsByKey(ledger: Ledger): Map<string, Run[]> {
  const byReceipt = new Map<string, Run>();
  const byKey = new Map<string, Run[]>();
  const started = ledger.all('started').sort((a, b) => a.at - b.at);
  for (const { key, receipt, process, at } of started) {
    const run = { process, startedAt: at };
    byReceipt.set(receipt, run);
    byKey.set(key, [...(byKey.get(key) ?? []), run]);
  }
  const note = (type: 'handled' | 'failed' | 'acked', field: `${typeof type}At`) => {
    for (const { receipt, at } of ledger.all(type)) {
      const run = byReceipt.get(receipt);
      if (run) run[field] = at;
    }
  };
  note('handled', 'handledAt');
  note('failed', 'failedAt');
  note('acked', 'ackedAt');
  return byKey;
}
