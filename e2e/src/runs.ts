import { addTo } from './add-to.js';
import type { Ledger } from './ledger.js';

/** One call of a handler. */
export interface Run {
  process: string;
  startedAt: number;
  handledAt?: number;
  failedAt?: number;
  ackedAt?: number;
}

/** How soon after it goes on a process that was frozen reports what it had begun before, in ms. */
const wakingMs = 5;

/** The runs of each message, in the order of their starts. */
export function runsByKey(ledger: Ledger): Map<string, Run[]> {
  // A Redis that has forgotten what became of a delivery makes it once more.
  const byReceipt = new Map<string, Run[]>();
  const byKey = new Map<string, Run[]>();
  const started = ledger.all('started').map((entry) => ({ ...entry, at: begun(ledger, entry) }));
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

/** When it began: a process can be frozen between beginning a run and reporting it. */
function begun({ incidents }: Ledger, { process, at }: { process: string; at: number }): number {
  const freeze = incidents.find(
    ({ kind, until, ...incident }) =>
      kind === 'SIGSTOP' && incident.process === process && until <= at && at < until + wakingMs,
  );
  return freeze?.at ?? at;
}
