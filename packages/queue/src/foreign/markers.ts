import type { Reply } from '@redpost/core';

/** A command whose answer tells that a list is another system's. */
export interface Marker {
  system: string;
  /** The key that the system keeps beside its list. */
  key: string;
  command: string;
  args: readonly string[];
}

/** The names that lists of a system have, and what it keeps beside them. */
interface System {
  name: string;
  /** Its first group is what comes before the last part. */
  lists: RegExp;
  marker(list: string, base: string): Omit<Marker, 'system'>;
}

const systems: readonly System[] = [
  {
    name: 'BullMQ',
    lists: /^(.+:)(?:wait|paused|active)$/s,
    marker: (_, base) => asked('HEXISTS', `${base}meta`, 'opts.maxLenEvents'),
  },
  {
    // Both count the ids of jobs.
    name: 'Bull or Bee-Queue',
    lists: /^(.+:)(?:wait|waiting|paused|active)$/s,
    marker: (_, base) => asked('EXISTS', `${base}id`),
  },
  {
    name: 'Sidekiq or Resque',
    lists: /^((?:.+:)?)queue:.+$/s,
    marker: (list, base) => asked('SISMEMBER', `${base}queues`, list.slice(`${base}queue:`.length)),
  },
  {
    // While it has jobs only: otherwise it keeps nothing.
    name: 'Laravel',
    lists: /^(.*)queues:.+$/s,
    marker: (list) => asked('EXISTS', `${list}:notify`, `${list}:reserved`, `${list}:delayed`),
  },
];

/** Stands before the priority in the name of a list. */
const celerySeparator = '\x06\x16';

/** What tells that the list of this name is another system's, as far as names of lists can be known. */
export function markersOf(list: string): Marker[] {
  return systems.flatMap(({ name, lists, marker }) => {
    const base = lists.exec(list)?.[1];
    return base === undefined ? [] : [{ system: name, ...marker(list, base) }];
  });
}

/** What tells that it is Celery's, whose lists may have any name: the queues that are bound to an exchange of the same name. */
export function celeryMarker(list: string): Marker {
  const [queue] = list.split(celerySeparator);
  return { system: 'Celery', ...asked('EXISTS', `_kombu.binding.${queue}`) };
}

/** True for the answer that the list is the system's. */
export function isTaken(reply: Reply): boolean {
  return Number(reply) > 0;
}

function asked(command: string, ...args: [key: string, ...others: string[]]) {
  return { command, key: args[0], args };
}
