import { addTo } from './add-to.js';
import type { EntryOf, EventLog } from './event-log.js';
import type { HandlerCall } from './handler-calls.js';
import { callsByQueueKey, type KeyedCall } from './key-order.js';

/**
 * The messages that were first handled after one that the same producer sent later, though nothing
 * happened from their send to their start: among those of each key of a queue, and among those that are ordered, which
 * are the messages of a queue with one consumer that handles one at a time.
 */
export function outOfOrder(
  log: EventLog,
  calls: ReadonlyMap<string, HandlerCall[]>,
  isOrdered: (key: string) => boolean,
): string[] {
  const lines = new Map<string, EntryOf<'sending'>[]>();
  for (const entry of log.all('sending')) {
    const { process, key, about } = entry;
    if (about !== undefined) addTo(lines, `${process} ${about}`, entry);
    else if (isOrdered(key)) addTo(lines, process, entry);
  }
  return [...lines.values()].flatMap((sends) => overtaken(sends, calls, log));
}

/** The messages that were started while another one of their key was handled, though nothing happened meanwhile. */
export function handledTogether(log: EventLog): string[] {
  return [...callsByQueueKey(log).values()].flatMap((calls) => {
    let before: KeyedCall | undefined;
    return calls.flatMap((call) => {
      const other = before;
      if (!before || call.endedAt > before.endedAt) before = call;
      const isFree = !other || call.startedAt >= other.endedAt;
      return isFree || log.hadIncident(other.startedAt, call.startedAt) ? [] : [call.key];
    });
  });
}

/** How many messages of a queue were handled at a time at most, while nothing happened. */
export function mostAtATime(
  log: EventLog,
  calls: ReadonlyMap<string, HandlerCall[]>,
  isCounted: (key: string) => boolean,
): number {
  const counted = [...calls].flatMap(([key, all]) => (isCounted(key) ? all : []));
  const isQuiet = ({ startedAt, handledAt, failedAt }: HandlerCall) =>
    !log.hadIncident(startedAt, handledAt ?? failedAt ?? log.endsAt);
  const changes = counted.filter(isQuiet).flatMap(({ startedAt, handledAt, failedAt }) => [
    { at: startedAt, by: 1 },
    { at: handledAt ?? failedAt ?? log.endsAt, by: -1 },
  ]);
  let [count, most] = [0, 0];
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    count += by;
    most = Math.max(most, count);
  }
  return most;
}

function overtaken(
  sends: readonly EntryOf<'sending'>[],
  calls: ReadonlyMap<string, HandlerCall[]>,
  log: EventLog,
): string[] {
  const found: string[] = [];
  const later: { sentAt: number; startedAt: number }[] = [];
  let firstOfLater = Infinity;
  for (const { key, at: sentAt } of [...sends].reverse()) {
    const startedAt = calls.get(key)?.[0]?.startedAt;
    if (startedAt === undefined) continue;
    const isExplained = () =>
      log.incidents.some(({ at, until }) => at <= startedAt && until >= sentAt) ||
      later.every((other) => other.startedAt > startedAt || mayPass(other.sentAt, sentAt, log));
    if (startedAt > firstOfLater && !isExplained()) found.push(key);
    firstOfLater = Math.min(firstOfLater, startedAt);
    later.push({ sentAt, startedAt });
  }
  return found.reverse();
}

/**
 * Whether both were sent before the same refusal ended: the second one may have been on the wire behind the first one then,
 * and be executed, while the first one was refused. What is sent later is behind the first one that waits to be repeated.
 */
function mayPass(later: number, earlier: number, { refusals }: EventLog): boolean {
  const refusal = refusals.find(({ until }) => until >= earlier);
  return refusal !== undefined && later <= refusal.until;
}
