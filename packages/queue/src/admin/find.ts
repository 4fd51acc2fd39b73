import { refuseUnknownOptions } from '@redpost/core';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import type { Partitions } from '../partitions/partitions.js';
import { type FoundWaiting, findHeld, findWaiting } from '../scripts/find.js';
import { checkId, type SearchOptions, searchLists, searchOptionNames } from './search.js';

/** A message that waits. */
export interface FoundMessage<Body = unknown> extends StoredMessage<Body> {
  /** `pending`: it is delivered as soon as it is its turn; `delayed`: not before `dueAt`. */
  readonly state: 'pending' | 'delayed';
  /** By the server's clock, of a delayed message. */
  readonly dueAt: Date | undefined;
}

/** Looks for a message by its id. */
export async function find<Body>(
  partitions: Partitions,
  id: string,
  order: 'fifo' | 'lifo',
  options: SearchOptions,
): Promise<FoundMessage<Body> | 'active' | undefined> {
  refuseUnknownOptions('find()', options, searchOptionNames);
  checkId(id);
  const scripts = { waiting: findWaiting, held: findHeld };
  const sought = { id, input: {}, order, options };
  const result = await searchLists<FoundWaiting | 'active', object, Body>(
    partitions,
    scripts,
    sought,
  );
  if (result === undefined) return undefined;
  if (result.found === 'active') return 'active';
  const { element, dueAt } = result.found;
  const message = await readStored(result.list, element);
  return Object.defineProperties(message as FoundMessage<Body>, {
    state: { value: dueAt === undefined ? 'pending' : 'delayed', enumerable: true },
    dueAt: { value: dueAt === undefined ? undefined : new Date(dueAt), enumerable: true },
  });
}
