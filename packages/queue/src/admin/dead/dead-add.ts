import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import { shortened } from '@redpost/core/consuming';
import { inCalls } from '../../message/in-calls.js';
import type { Partitions } from '../../partitions/partitions.js';
import { addDead, type Death } from '../../scripts/add-dead.js';
import type { Outgoing } from '../../sending/outgoing.js';
import type { Producer } from '../../sending/producer.js';
import type { SendOptions } from '../../sending/send-options.js';
import { entryOf } from './dead-entry.js';

/** A message that was given up elsewhere: what a send of it says, and why it was given up. */
export interface NewDeadLetter<Input = unknown>
  extends Pick<
    SendOptions,
    'id' | 'headers' | 'priority' | 'key' | 'timeoutMs' | 'keepResultMs' | 'attempt'
  > {
  body: Input;
  /** Why, in a few words: at least 1 character. Default `imported`. */
  reason?: string | undefined;
  /** The message of the last error. Default: none. */
  error?: string | undefined;
  /** The name of the last error and where it was thrown; cut after 2000 characters. Default: none. */
  stack?: string | undefined;
}

const names: NamesOf<NewDeadLetter> = {
  body: true,
  id: true,
  headers: true,
  priority: true,
  key: true,
  timeoutMs: true,
  keepResultMs: true,
  attempt: true,
  reason: true,
  error: true,
  stack: true,
};

/** The longest stack of a dead letter, in characters. */
const longestStack = 2000;

/** What makes messages of the queue, and knows where they go. */
export type Preparing<Body, Input> = Pick<Producer<Body, Input>, 'prepare' | 'listFor'>;

/**
 * Adds messages to the dead letters of the lists that sends of them would go to, those of one call at once. All are checked first.
 * Resolves to the entry of each.
 */
export async function addDeadLetters<Body, Input>(
  partitions: Partitions,
  producer: Preparing<Body, Input>,
  letters: readonly NewDeadLetter<Input>[],
): Promise<string[]> {
  if (!Array.isArray(letters)) {
    throw new InvalidArgumentError(`deadLetters.add() takes a list, got ${shown(letters)}`);
  }
  const prepared = await Promise.all(letters.map((letter) => preparedBy(producer, letter)));
  const added = prepared.map(({ message, death }, n) => {
    const list = producer.listFor(message);
    return { ...death, n, list, element: message.element };
  });
  const entries: string[] = [];
  for (const [at, { connection, keys }] of partitions.known.entries()) {
    const here = added.filter(({ list }) => list === keys.list);
    for (const part of inCalls(here, ({ element }) => element)) {
      const ids = await connection.run(addDead, { keys, letters: part });
      for (const [place, id] of ids.entries()) entries[part[place]?.n ?? 0] = entryOf({ at, id });
    }
  }
  return entries;
}

async function preparedBy<Body, Input>(
  producer: Preparing<Body, Input>,
  letter: NewDeadLetter<Input>,
): Promise<{ message: Outgoing; death: Death }> {
  refuseUnknownOptions('deadLetters.add()', letter, names);
  const { body, reason = 'imported', error = '', stack = '', ...options } = letter;
  for (const [name, text] of Object.entries({ reason, error, stack })) {
    if (typeof text === 'string' && (text !== '' || name !== 'reason')) continue;
    throw new InvalidArgumentError(
      `${name} must be a ${name === 'reason' ? 'non-empty string' : 'string'}, got ${shown(text)}`,
    );
  }
  const message = await producer.prepare(body, options, '');
  const death = { reason, error: shortened(error), stack: stack.slice(0, longestStack) };
  return { message, death };
}
