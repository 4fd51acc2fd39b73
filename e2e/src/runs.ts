import type { Ledger } from './ledger.js';

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
  const byReceipt = new Map<string, Run>();
  const byKey = new Map<string, Run[]>();
  const started = [...ledger.all('started')].sort((a, b) => a.at - b.at);
  for (const { key, receipt, process, at } of started) {
    const run = { process, startedAt: at };
    byReceipt.set(receipt, run);
    const known = byKey.get(key);
    if (known) known.push(run);
    else byKey.set(key, [run]);
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
