import type { Entry } from './entry.js';
import type { EventLog, Incident } from './event-log.js';

/** How much around the message's own life belongs to its history, in ms. */
const marginMs = 50;

/** The part of the log about one message: its own entries, and the incidents of that time. */
export function messageHistory(log: EventLog, key = ''): string {
  const entries = log.everything();
  const own = entries.filter((entry) => 'key' in entry && entry.key === key);
  const [first, last] = [own.at(0), own.at(-1)];
  if (!first || !last) return `nothing is known of ${key}`;

  const isNear = (at: number, until = at) =>
    until >= first.at - marginMs && at <= last.at + marginMs;
  const general = entries.filter((entry) => !('key' in entry) && isNear(entry.at));
  const incidents = log.incidents.filter(({ at, until }) => isNear(at, until));
  const lines = [
    ...[...own, ...general].map((entry) => ({ at: entry.at, text: entryLine(entry) })),
    ...incidents.map((incident) => ({ at: incident.at, text: incidentLine(incident) })),
  ].sort((a, b) => a.at - b.at);
  return lines
    .map(({ at, text }) => `${(at - first.at).toFixed(1).padStart(10)} ms  ${text}`)
    .join('\n');
}

function entryLine({ process, at: _, type, ...details }: Entry): string {
  const rest = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return `${process}  ${type}  ${rest.join(', ')}`;
}

function incidentLine({ kind, process = 'all', at, until }: Incident): string {
  return `${process}  ! ${kind}, for ${(until - at).toFixed(1)} ms`;
}
