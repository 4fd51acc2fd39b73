import {
  encodeBody,
  InvalidArgumentError,
  type NamesOf,
  refuseTooLarge,
  refuseUnknownOptions,
  shown,
  validate,
  wholeNumber,
} from '@redpost/core';
import type { QueueContext } from '../context.js';
import { isPriority } from '../message/envelope.js';
import type { Partitions } from '../partitions/partitions.js';
import { findHeld } from '../scripts/find.js';
import { type UpdateInput, updateWaiting } from '../scripts/update.js';
import { longestMs } from '../sending/send-options.js';
import { checkId, type SearchOptions, searchLists, searchOptionNames } from './search.js';

/** What to change of a message: at least one of these. */
export interface MessageChanges<Input = unknown> {
  /** Another body. The message keeps its place. */
  body?: Input | undefined;
  /**
   * Deliver it no sooner than so long from now, in ms. With 0, a delayed message is delivered before those in the list; a
   * pending one stays where it is.
   */
  delayMs?: number | undefined;
  /** A whole number from 0 to 9: it becomes the last one of this priority. Not of a message with a key. */
  priority?: number | undefined;
}

/**
 * What became of a message by `update()`.
 *
 * - `updated`: it was waiting, and is changed.
 * - `active`: a consumer has it. Nothing has changed.
 * - `gone`: there is no such message.
 */
export type UpdateResult = 'updated' | 'active' | 'gone';

const changeNames: NamesOf<MessageChanges> = { body: true, delayMs: true, priority: true };

/** What an update needs to know of its queue. */
export interface UpdateHost {
  order: 'fifo' | 'lifo';
  maxMessageBytes: number;
}

/** Changes a message that waits, wherever it is. */
export async function update<Body, Input>(
  partitions: Partitions,
  id: string,
  changes: MessageChanges<Input>,
  { order, maxMessageBytes }: UpdateHost,
  options: SearchOptions,
): Promise<UpdateResult> {
  refuseUnknownOptions('update()', changes, changeNames);
  refuseUnknownOptions('update()', options, searchOptionNames);
  checkId(id);
  const main = partitions.main as QueueContext<Body>;
  const input = await checkedChanges(main, changes, maxMessageBytes);
  const scripts = { waiting: updateWaiting, held: findHeld };
  type Found = 'updated' | 'keyed' | 'malformed' | 'active';
  const sought = { id, input, order, options };
  const found = (await searchLists<Found, UpdateInput, Body>(partitions, scripts, sought))?.found;
  if (found === 'keyed') {
    throw new InvalidArgumentError(`The message ${shown(id)} has a key, so it has no priority`);
  }
  if (found === 'malformed') {
    throw new InvalidArgumentError(
      `The message ${shown(id)} cannot be read: its header has no end`,
    );
  }
  return found ?? 'gone';
}

async function checkedChanges<Body, Input>(
  { codec, schema }: QueueContext<Body>,
  { body, delayMs, priority }: MessageChanges<Input>,
  maxMessageBytes: number,
): Promise<UpdateInput> {
  if (body === undefined && delayMs === undefined && priority === undefined) {
    throw new InvalidArgumentError('update() needs a body, a delayMs or a priority');
  }
  if (delayMs !== undefined) wholeNumber('delayMs', delayMs, { min: 0, max: longestMs });
  if (priority !== undefined && !isPriority(priority)) {
    throw new InvalidArgumentError(
      `priority is a whole number from 0 to 9, got ${shown(priority)}`,
    );
  }
  if (body === undefined) return { body: undefined, delayMs, priority };
  if (schema) await validate(schema, body);
  const encoded = encodeBody(codec, body);
  const bytes = typeof encoded === 'string' ? encoded : Buffer.from(encoded);
  refuseTooLarge(bytes, maxMessageBytes);
  return { body: bytes, delayMs, priority };
}
