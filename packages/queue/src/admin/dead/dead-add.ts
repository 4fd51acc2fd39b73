import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import { shortened } from '@redpost/core/consuming';
import type { QueueContext } from '../../context.js';
import { inCalls } from '../../message/in-calls.js';
import type { Prepare } from '../../outbox/follow-up.js';
import { type AddedDeadLetter, addDead } from '../../scripts/add-dead.js';
import type { SendOptions } from '../../sending/send-options.js';

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

/**
 * Adds messages to the dead letters, those of one call at once. All are checked first. Resolves to the entry of each.
 *
 * @param prepare makes a message of the queue.
 */
export async function addDeadLetters<Body>(
  { connection, keys }: QueueContext<Body>,
  prepare: Prepare,
  letters: readonly NewDeadLetter[],
): Promise<string[]> {
  if (!Array.isArray(letters)) {
    throw new InvalidArgumentError(`deadLetters.add() takes a list, got ${shown(letters)}`);
  }
  const added = await Promise.all(letters.map((letter) => prepared(prepare, letter)));
  const entries: string[] = [];
  for (const part of inCalls(added, ({ element }) => element)) {
    entries.push(...(await connection.run(addDead, { keys, letters: part })));
  }
  return entries;
}

async function prepared(prepare: Prepare, letter: NewDeadLetter): Promise<AddedDeadLetter> {
  refuseUnknownOptions('deadLetters.add()', letter, names);
  const { body, reason = 'imported', error = '', stack = '', ...options } = letter;
  for (const [name, text] of Object.entries({ reason, error, stack })) {
    if (typeof text === 'string' && (text !== '' || name !== 'reason')) continue;
    throw new InvalidArgumentError(
      `${name} must be a ${name === 'reason' ? 'non-empty string' : 'string'}, got ${shown(text)}`,
    );
  }
  const { element } = await prepare(body, options, '');
  return { reason, error: shortened(error), stack: stack.slice(0, longestStack), element };
}
