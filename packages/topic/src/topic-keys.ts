import { createHash } from 'node:crypto';
import {
  checkedKeyName,
  InvalidArgumentError,
  type KeyOwner,
  type KeyType,
  refuseForeignName,
  shown,
} from '@redpost/core';

/** The keys of one partition of a topic. All of them lie in one Cluster slot. */
export interface PartitionKeys {
  /** STREAM of records. */
  readonly stream: string;
  /** HASH of counters. */
  readonly stats: string;
  /** HASH of offsets by id, for records that were published in the current window. */
  readonly ids: string;
  /** The same for the former window. */
  readonly formerIds: string;
  group(name: string): GroupKeys;
}

/** The keys of one consumer group in one partition, in the slot of the partition. */
export interface GroupKeys {
  readonly stream: string;
  /** ZSET of the group's consumers by the time their lease ends, in ms. */
  readonly consumers: string;
  /** ZSET of the offsets of records that wait for another attempt, by due time in ms. */
  readonly delayed: string;
  /** ZSET of the offsets of records whose consumer died: by offset, or `inf` while a consumer holds the record. */
  readonly suspects: string;
  /** STREAM of dead letters. */
  readonly dead: string;
  /** HASH of counters. */
  readonly stats: string;
  /** What the STRING begins with of what each consumer tells of itself, which expires with its lease; its name follows. */
  readonly registrations: string;
}

export interface TopicKeys {
  /** HASH: how many partitions the topic has, and had. */
  readonly facts: string;
  /** ZSET of the members of a group, which share its partitions, by the time their lease ends, in ms. */
  members(group: string): string;
  /** Channel: signals for the consumers of a group. */
  signal(group: string): string;
}

/** The name of a topic is part of the ids that `forward` makes, and the length of an id is limited. */
const longestNameBytes = 256;
const longestGroupBytes = 1024;

/** @throws InvalidArgumentError for a name that cannot be a topic's. */
export function topicKeys(name: string): TopicKeys {
  checkedKeyName('The name of a topic', name, longestNameBytes);
  refuseForeignName('The name of a topic', name);
  const tag = `{${name}}`;
  return {
    facts: `${tag}:topic`,
    members: (group) => `${tag}:members:${group}`,
    signal: (group) => `${tag}:signal:${group}`,
  };
}

/**
 * The keys of a partition.
 *
 * @param number of the partition; undefined for the one that is the stream of the topic's name.
 */
export function partitionKeys(name: string, number: number | undefined): PartitionKeys {
  const numbered = `{${name}:${number}}:partition`;
  return number === undefined ? keysOf(name, `{${name}}`) : keysOf(numbered, numbered);
}

/**
 * The partition of records with this key: the first 32 bits of the SHA-1 of the key, modulo the number of partitions.
 * This is part of the protocol, because all publishers must agree.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  return createHash('sha1').update(key).digest().readUInt32BE(0) % partitions;
}

/**
 * Checks the name of a group. Its keys end with the name, and two colons in a key are reserved for groups of channels.
 *
 * @throws InvalidArgumentError for a name that cannot be a group's.
 */
export function checkGroupName(group: unknown): string {
  const name = checkedKeyName('The name of a group', group, longestGroupBytes);
  if (!/^:|::/.test(name)) return name;
  throw new InvalidArgumentError(
    `The name of a group must not begin with a colon or have '::', got ${shown(name)}`,
  );
}

function keysOf(stream: string, prefix: string): PartitionKeys {
  return {
    stream,
    stats: `${prefix}:stats`,
    ids: `${prefix}:ids`,
    formerIds: `${prefix}:ids:former`,
    group: (name) => ({
      stream,
      consumers: `${prefix}:consumers:${name}`,
      delayed: `${prefix}:delayed:${name}`,
      suspects: `${prefix}:suspects:${name}`,
      dead: `${prefix}:dead:${name}`,
      stats: `${prefix}:stats:${name}`,
      registrations: `${prefix}:consumer:${name}:`,
    }),
  };
}

const typesByVerb: Record<string, KeyType> = {
  topic: 'hash',
  stats: 'hash',
  ids: 'hash',
  consumers: 'zset',
  delayed: 'zset',
  suspects: 'zset',
  members: 'zset',
  dead: 'stream',
};

/** A topic as the owner of its keys, for errors that name one of another type. */
export function topicOwner(name: string): KeyOwner {
  const partition = /^:\d+\}:partition$/;
  const isStream = (key: string) =>
    key === name || (key.startsWith(`{${name}:`) && partition.test(key.slice(name.length + 1)));
  return {
    kind: 'topic',
    name,
    typeOf(key) {
      if (isStream(key)) return 'stream';
      const [, word] = /^\{[^}]*\}(?::partition)?:([a-z]+)/.exec(key) ?? [];
      return word === undefined ? undefined : typesByVerb[word];
    },
  };
}
