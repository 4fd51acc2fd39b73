import { addTo } from './add-to.js';
import type { EventLog } from './event-log.js';
import { callsByKey, type HandlerCall } from './handler-calls.js';

/** One call of a handler, for a message that has a key in the queue. */
export interface KeyedCall extends HandlerCall {
  /** The message. */
  key: string;
  /** Its place among those of its key, in the order of their sends. */
  n: number;
  /** When the handler had ended, or its process had. */
  endedAt: number;
}

/** The calls for messages of each key of the queue, in the order of their starts. */
export function callsByQueueKey(log: EventLog): Map<string, KeyedCall[]> {
  const calls = callsByKey(log);
  const sent = new Map<string, number>();
  const all = new Map<string, KeyedCall[]>();
  for (const { key, about } of log.all('sending')) {
    if (about === undefined) continue;
    const n = sent.get(about) ?? 0;
    sent.set(about, n + 1);
    for (const call of calls.get(key) ?? []) {
      addTo(all, about, { ...call, key, n, endedAt: endOf(call, log) });
    }
  }
  for (const list of all.values()) list.sort((a, b) => a.startedAt - b.startedAt);
  return all;
}

function endOf({ process, startedAt, handledAt, failedAt }: HandlerCall, log: EventLog): number {
  const death = log.incidents.find(
    (incident) =>
      incident.kind === 'SIGKILL' && incident.process === process && incident.until >= startedAt,
  );
  return handledAt ?? failedAt ?? death?.until ?? Number.POSITIVE_INFINITY;
}

/**
 * The messages that were started before another one of their key had ended (`together`), and those that were started
 * before an earlier one was handled or after a later one was (`early`, `late`).
 *
 * @param calls of one key, in the order of their starts.
 */
export function disorder(calls: readonly KeyedCall[]) {
  const found = { together: [] as string[], early: [] as string[], late: [] as string[] };
  const firstHandled = new Map<number, number>();
  for (const { n, handledAt = Number.POSITIVE_INFINITY } of calls) {
    firstHandled.set(n, Math.min(handledAt, firstHandled.get(n) ?? Number.POSITIVE_INFINITY));
  }
  let busyUntil = Number.NEGATIVE_INFINITY;
  let latest = -1;
  for (const { key, n, startedAt, endedAt } of calls) {
    if (startedAt < busyUntil) found.together.push(key);
    busyUntil = Math.max(busyUntil, endedAt);
    if (n < latest) found.late.push(key);
    for (let before = latest; before < n; before += 1) {
      if ((firstHandled.get(before) ?? 0) > startedAt) found.early.push(key);
    }
    latest = Math.max(latest, n);
  }
  return found;
}
