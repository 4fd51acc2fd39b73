import { checkedKeyName, type KeyOwner, type KeyType, refuseForeignName } from '@redpost/core';

/** The keys of one queue. All of them lie in one Cluster slot. */
export interface QueueKeys {
  /** LIST of elements: the queue itself, under its own name. Only producers write here, on the left. */
  readonly list: string;
  /** LIST of elements that were returned: retried, redriven, due and others. The next one is on the right. */
  readonly returned: string;
  /** ZSET of elements by due time, in ms. */
  readonly delayed: string;
  /** LIST of elements that were active when their consumer died, newest on the left. */
  readonly suspects: string;
  /** STREAM of dead letters. */
  readonly dead: string;
  /** ZSET of consumers by the time their lease ends, in ms. */
  readonly consumers: string;
  /** HASH of counters. */
  readonly stats: string;
  /** HASH of what the queue has declared, with a version. A plain queue has none. */
  readonly shape: string;
  /** HASH of the version of the shape that each consumer has put in force. */
  readonly seen: string;
  /** HASH of how many messages each consumer holds, where the shape limits how many may be active. */
  readonly holders: string;
  /** Channel: tells consumers to look at delayed messages, returned ones, suspects, the shape or its gate. */
  readonly signal: string;
  /** HASH of elements a consumer holds, by receipt. */
  active(consumer: string): string;
  /** HASH of those that were leased together, one field for all that are not taken apart. */
  batches(consumer: string): string;
  /** LIST of what a blocking move has brought to a consumer, newest on the left. */
  handoff(consumer: string): string;
}

const longestNameBytes = 1024;

/** @throws InvalidArgumentError for a name that keys cannot be derived from. @param what says whose name it is. */
export function checkName(what: string, name: string): void {
  checkedKeyName(what, name, longestNameBytes);
  refuseForeignName(what, name);
}

/** @throws InvalidArgumentError for a name that cannot be a queue's. */
export function queueKeys(name: string): QueueKeys {
  checkName('The name of a queue', name);
  const tag = `{${name}}`;
  return {
    list: name,
    returned: `${tag}:returned`,
    delayed: `${tag}:delayed`,
    suspects: `${tag}:suspects`,
    dead: `${tag}:dead`,
    consumers: `${tag}:consumers`,
    stats: `${tag}:stats`,
    shape: `${tag}:shape`,
    seen: `${tag}:seen`,
    holders: `${tag}:holders`,
    signal: `${tag}:signal`,
    active: (consumer) => `${tag}:active:${consumer}`,
    batches: (consumer) => `${tag}:batches:${consumer}`,
    handoff: (consumer) => `${tag}:handoff:${consumer}`,
  };
}

/** A queue as the owner of its keys, for errors that name one of another type. */
export function queueOwner(name: string, keys: QueueKeys): KeyOwner {
  const types = new Map<string, KeyType>([
    [keys.list, 'list'],
    [keys.returned, 'list'],
    [keys.suspects, 'list'],
    [keys.delayed, 'zset'],
    [keys.dead, 'stream'],
    [keys.consumers, 'zset'],
    [keys.stats, 'hash'],
    [keys.shape, 'hash'],
    [keys.seen, 'hash'],
    [keys.holders, 'hash'],
  ]);
  return { kind: 'queue', name, typeOf: (key) => types.get(key) };
}
