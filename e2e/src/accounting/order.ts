import { addTo } from './add-to.js';
import type { EntryOf, Incident, Ledger } from './ledger.js';
import type { Run } from './runs.js';

/**
 * The messages that were first handled after one that the same producer sent later, though nothing
 * happened from their send to their start. It means something only for the messages of a queue with
 * one consumer that handles one at a time.
 */
export function outOfOrder(
  ledger: Ledger,
  runs: ReadonlyMap<string, Run[]>,
  isOrdered: (key: string) => boolean,
): string[] {
  const byProducer = new Map<string, EntryOf<'sending'>[]>();
  for (const entry of ledger.all('sending')) {
    if (isOrdered(entry.key)) addTo(byProducer, entry.process, entry);
  }
  return [...byProducer.values()].flatMap((sends) => overtaken(sends, runs, ledger.incidents));
}

function overtaken(
  sends: readonly EntryOf<'sending'>[],
  runs: ReadonlyMap<string, Run[]>,
  incidents: readonly Incident[],
): string[] {
  const found: string[] = [];
  let firstOfLater = Infinity;
  for (const { key, at: sentAt } of [...sends].reverse()) {
    const startedAt = runs.get(key)?.[0]?.startedAt;
    if (startedAt === undefined) continue;
    const isExcused = () => incidents.some(({ at, until }) => at <= startedAt && until >= sentAt);
    if (startedAt > firstOfLater && !isExcused()) found.push(key);
    firstOfLater = Math.min(firstOfLater, startedAt);
  }
  return found.reverse();
}
