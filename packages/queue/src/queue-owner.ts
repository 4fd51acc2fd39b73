import type { KeyOwner, KeyType } from '@redpost/core';
import { consumerTypes, derivedKeys, derivedTypes } from './derived-keys.js';
import type { QueueKeys } from './keys.js';

/** A queue as the owner of its keys, for errors that name one of another type. */
export function queueOwner(name: string, keys: QueueKeys): KeyOwner {
  return {
    kind: 'queue',
    name,
    typeOf: (key) => typeOf(keys, key),
    derivedKeys: (args, read) => derivedKeys(keys, args, read),
  };
}

/** Made anew for each key: it is asked for only after an error, and processes have queues by the thousand. */
function typeOf(keys: QueueKeys, key: string): KeyType | undefined {
  const types = new Map<string, KeyType>([
    [keys.list, 'list'],
    [keys.returned, 'list'],
    [keys.suspects, 'list'],
    [keys.delayed, 'zset'],
    [keys.dead, 'stream'],
    [keys.consumers, 'zset'],
    [keys.stats, 'hash'],
    [keys.series, 'hash'],
    [keys.history, 'stream'],
    [keys.historyEnds, 'zset'],
    [keys.shape, 'hash'],
    [keys.seen, 'hash'],
    [keys.holders, 'hash'],
    [keys.ready, 'zset'],
    [keys.later, 'zset'],
    [keys.busy, 'hash'],
    [keys.fair, 'hash'],
    [keys.keysByPending, 'zset'],
    [keys.keysByAge, 'zset'],
    [keys.once, 'hash'],
    [keys.debounced, 'zset'],
    [keys.debouncedFirsts, 'hash'],
    [keys.debouncedElements, 'hash'],
    [keys.rate, 'hash'],
    [keys.outboxes, 'hash'],
    [keys.inbox, 'hash'],
    [keys.members, 'hash'],
    [keys.flows, 'zset'],
    [keys.flowQueues, 'hash'],
    [keys.schedules, 'zset'],
    [keys.scheduleSpecs, 'hash'],
    [keys.scheduleStates, 'hash'],
  ]);
  const prefixes = [...derivedTypes(keys), ...consumerTypes(keys)];
  return types.get(key) ?? prefixes.find(([prefix]) => key.startsWith(prefix))?.[1];
}
