import { defineScript } from '@redpost/core';
import pushSource from './push.lua';
import tendSource from './tend.lua';

interface OfList {
  list: string;
}

const list = ({ list: key }: OfList) => key;
const notify = ({ list: key }: OfList) => `${key}:notify`;

/** Pushes a job. */
export const push = defineScript<OfList & { job: string | Buffer }, void>({
  name: 'laravel-push',
  keys: { list, notify },
  args: { job: ({ job }) => job },
  lua: pushSource,
  parse: () => undefined,
});

/** Moves jobs that are due to their queue: resolves to how many. In no Cluster: Laravel's keys of a queue are in several slots. */
export const tend = defineScript<OfList & { count: number }, number>({
  name: 'laravel-tend',
  keys: { list, notify, delayed: delayedOf },
  args: { count: ({ count }) => count },
  lua: tendSource,
  parse: (reply) => reply as number,
});

/** ZSET of jobs for later, by when they are due, in seconds. */
export function delayedOf({ list: key }: OfList): string {
  return `${key}:delayed`;
}
