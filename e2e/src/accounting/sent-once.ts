import { addTo } from './add-to.js';
import type { EventLog } from './event-log.js';
import { callsByKey } from './handler-calls.js';

/** A message that was sent once, until it is done. */
interface SentOnce {
  key: string;
  /** By when it was in Redis at the latest. */
  sentAt: number;
  /** Until when it was there at least: a handler had it, or returned from it. */
  thereUntil: number;
}

/** The messages that were sent with each key of `once`, and are no duplicates. */
export function sentOnce(log: EventLog): Map<string, SentOnce[]> {
  const calls = callsByKey(log);
  const onceOf = new Map(log.all('sending').map(({ key, once }) => [key, once]));
  const all = new Map<string, SentOnce[]>();
  for (const { key, outcome, at: sentAt } of log.all('sent')) {
    const once = onceOf.get(key);
    if (once === undefined || outcome !== 'resolved') continue;
    const seen = (calls.get(key) ?? []).flatMap(
      ({ startedAt, handledAt = startedAt, failedAt = 0 }) => {
        return [handledAt, failedAt];
      },
    );
    addTo(all, once, { key, sentAt, thereUntil: Math.max(Number.NEGATIVE_INFINITY, ...seen) });
  }
  return all;
}

/** Pairs of messages with the same key that were in Redis at the same time. */
export function sentTogether(log: EventLog): string[] {
  return [...sentOnce(log).values()].flatMap((messages) => {
    // Of two of them the one that was there first was gone before the other one was sent.
    const sorted = [...messages].sort((a, b) => a.sentAt - b.sentAt);
    return sorted.flatMap((message, at) => {
      const later = sorted.slice(at + 1);
      const beside = later.filter((other) => {
        return message.thereUntil > other.sentAt && other.thereUntil > message.sentAt;
      });
      return beside.map((other) => `${message.key} and ${other.key}`);
    });
  });
}

/** Duplicates whose earlier message is unknown or was handled by nobody. */
export function lostDuplicates(log: EventLog): string[] {
  const sent = new Map<string, string>();
  for (const { id, key, outcome } of log.all('sent')) {
    if (id !== undefined && outcome === 'resolved') sent.set(id, key);
  }
  const handled = new Set(log.all('handled').map(({ key }) => key));
  const duplicates = log.all('sent').filter(({ outcome }) => outcome === 'duplicate');
  return duplicates.flatMap(({ id = '', key }) => (handled.has(sent.get(id) ?? '') ? [] : [key]));
}
