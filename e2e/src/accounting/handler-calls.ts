import { addTo } from './add-to.js';
import type { EntryOf, EventLog } from './event-log.js';

/** One call of a handler. */
export interface HandlerCall {
  process: string;
  startedAt: number;
  handledAt?: number;
  failedAt?: number;
  ackedAt?: number;
}

/** The calls of each message, in the order of their starts. */
export function callsByKey(log: EventLog): Map<string, HandlerCall[]> {
  // A Redis that has forgotten the outcome of a delivery repeats it.
  const byReceipt = new Map<string, HandlerCall[]>();
  const byKey = new Map<string, HandlerCall[]>();
  const begun = begunBeforeFreeze(log);
  const started = log.all('started').map((call) => ({ ...call, at: begun.get(call) ?? call.at }));
  for (const { key, receipt, process, at } of started.sort((a, b) => a.at - b.at)) {
    const call = { process, startedAt: at };
    addTo(byReceipt, receipt, call);
    addTo(byKey, key, call);
  }
  const note = (type: 'handled' | 'failed' | 'acked', field: `${typeof type}At`) => {
    for (const { receipt, at } of log.all(type)) {
      const call = byReceipt
        .get(receipt)
        ?.filter(({ startedAt }) => startedAt <= at)
        .at(-1);
      if (call) call[field] = at;
    }
  };
  note('handled', 'handledAt');
  note('failed', 'failedAt');
  note('acked', 'ackedAt');
  return byKey;
}

/**
 * When each handler call was begun that a frozen process had not reported yet: the process reports that call
 * as soon as it continues, before its timers find that it stood still.
 */
function begunBeforeFreeze(log: EventLog): Map<EntryOf<'started'>, number> {
  const begun = new Map<EntryOf<'started'>, number>();
  for (const { kind, process, at, until } of log.incidents) {
    if (kind !== 'SIGSTOP') continue;
    const stall = log.incidents.find(
      (incident) =>
        incident.kind === 'stalled' &&
        incident.process === process &&
        incident.at <= until &&
        until <= incident.until,
    );
    const call = log.all('started', process).find((entry) => entry.at >= until);
    if (call && stall && call.at <= stall.until) begun.set(call, at);
  }
  return begun;
}
