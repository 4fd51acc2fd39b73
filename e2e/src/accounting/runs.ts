import { addTo } from './add-to.js';
import type { EntryOf, Ledger } from './ledger.js';

/** One call of a handler. */
export interface Run {
  process: string;
  startedAt: number;
  handledAt?: number;
  failedAt?: number;
  ackedAt?: number;
}

/** The runs of each message, in the order of their starts. */
export function runsByKey(ledger: Ledger): Map<string, Run[]> {
  // A Redis that has forgotten what became of a delivery makes it once more.
  const byReceipt = new Map<string, Run[]>();
  const byKey = new Map<string, Run[]>();
  const begun = begunBeforeFreeze(ledger);
  const started = ledger.all('started').map((run) => ({ ...run, at: begun.get(run) ?? run.at }));
  for (const { key, receipt, process, at } of started.sort((a, b) => a.at - b.at)) {
    const run = { process, startedAt: at };
    addTo(byReceipt, receipt, run);
    addTo(byKey, key, run);
  }
  const note = (type: 'handled' | 'failed' | 'acked', field: `${typeof type}At`) => {
    for (const { receipt, at } of ledger.all(type)) {
      const run = byReceipt
        .get(receipt)
        ?.filter(({ startedAt }) => startedAt <= at)
        .at(-1);
      if (run) run[field] = at;
    }
  };
  note('handled', 'handledAt');
  note('failed', 'failedAt');
  note('acked', 'ackedAt');
  return byKey;
}

/**
 * When the runs were begun that a process had not reported yet when it was frozen: the one that it
 * was about to report, and did as soon as it went on, before its timers found that it stood still.
 */
function begunBeforeFreeze(ledger: Ledger): Map<EntryOf<'started'>, number> {
  const begun = new Map<EntryOf<'started'>, number>();
  for (const { kind, process, at, until } of ledger.incidents) {
    if (kind !== 'SIGSTOP') continue;
    const stall = ledger.incidents.find(
      (incident) =>
        incident.kind === 'stalled' &&
        incident.process === process &&
        incident.at <= until &&
        until <= incident.until,
    );
    const run = ledger.all('started', process).find((entry) => entry.at >= until);
    if (run && stall && run.at <= stall.until) begun.set(run, at);
  }
  return begun;
}
