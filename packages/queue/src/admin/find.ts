import { refuseUnknownOptions } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import { type FoundWaiting, findHeld, findWaiting } from '../scripts/find.js';
import { checkId, type SearchOptions, search, searchOptionNames } from './search.js';

/** A message that waits. */
export interface FoundMessage<Body = unknown> extends StoredMessage<Body> {
  /** `pending`: it is delivered as soon as it is its turn; `delayed`: not before `dueAt`. */
  readonly state: 'pending' | 'delayed';
  /** By the server's clock, of a delayed message. */
  readonly dueAt: Date | undefined;
}

/** Looks for a message by its id. */
export async function find<Body>(
  context: QueueContext<Body>,
  id: string,
  order: 'fifo' | 'lifo',
  options: SearchOptions,
): Promise<FoundMessage<Body> | 'active' | undefined> {
  refuseUnknownOptions('find()', options, searchOptionNames);
  checkId(id);
  const scripts = { waiting: findWaiting, held: findHeld };
  const sought = { id, input: {}, order, options };
  const found = await search<FoundWaiting | 'active', object>(
    context as QueueContext,
    scripts,
    sought,
  );
  if (found === undefined || found === 'active') return found;
  const { element, dueAt } = found;
  const message = await readStored(context, element);
  return Object.defineProperties(message as FoundMessage<Body>, {
    state: { value: dueAt === undefined ? 'pending' : 'delayed', enumerable: true },
    dueAt: { value: dueAt === undefined ? undefined : new Date(dueAt), enumerable: true },
  });
}
