import { addTo } from './add-to.js';
import type { EntryOf, EventLog, Incident } from './event-log.js';
import type { HandlerCall } from './handler-calls.js';

/**
 * The messages that were first handled after one that the same producer sent later, though nothing
 * happened from their send to their start. It means something only for the messages of a queue with
 * one consumer that handles one at a time.
 */
export function outOfOrder(
  log: EventLog,
  calls: ReadonlyMap<string, HandlerCall[]>,
  isOrdered: (key: string) => boolean,
): string[] {
  const byProducer = new Map<string, EntryOf<'sending'>[]>();
  for (const entry of log.all('sending')) {
    if (isOrdered(entry.key)) addTo(byProducer, entry.process, entry);
  }
  return [...byProducer.values()].flatMap((sends) => overtaken(sends, calls, log.incidents));
}

function overtaken(
  sends: readonly EntryOf<'sending'>[],
  calls: ReadonlyMap<string, HandlerCall[]>,
  incidents: readonly Incident[],
): string[] {
  const found: string[] = [];
  let firstOfLater = Infinity;
  for (const { key, at: sentAt } of [...sends].reverse()) {
    const startedAt = calls.get(key)?.[0]?.startedAt;
    if (startedAt === undefined) continue;
    const isExplained = () => incidents.some(({ at, until }) => at <= startedAt && until >= sentAt);
    if (startedAt > firstOfLater && !isExplained()) found.push(key);
    firstOfLater = Math.min(firstOfLater, startedAt);
  }
  return found.reverse();
}
