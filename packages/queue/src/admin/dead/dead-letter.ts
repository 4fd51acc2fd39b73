import { type EntryReply, withShortJson } from '@redpost/core/consuming';
import { readStored, type StoredMessage } from '../../message/stored-message.js';
import { entryOf } from './dead-entry.js';
import type { DeadList } from './dead-list.js';

/** A message that is not delivered any more, and why. */
export interface DeadLetter<Body = unknown> extends StoredMessage<Body> {
  /**
   * Where it stands among the dead letters: for `get`, `redrive` and `remove`, and to list on from. E.g. `1700000000000-0`; in a
   * partition, with its number: `1700000000000-0@2`.
   */
  readonly entry: string;
  /** E.g. `failed`, `crashed`, `malformed`, `invalid`, or what a handler said. */
  readonly reason: string;
  /** The message of the last error; may be empty. */
  readonly error: string;
  /** The name of the last error and where it was thrown, cut after 2000 characters; undefined if there was none. */
  readonly stack: string | undefined;
  /** The consumer that had it last. Undefined for dead letters of older versions, as are the following ones. */
  readonly consumer: string | undefined;
  /** The host and the process of this consumer, as `host:pid`; undefined if it has died. */
  readonly process: string | undefined;
  /** How long its last attempt took, in ms; undefined if no handler has had it, or its consumer has died. */
  readonly ranMs: number | undefined;
  /** By the server's clock. */
  readonly diedAt: Date;
  /** How many bytes the whole body has. */
  readonly bodyBytes: number;
}

/** A dead letter, and the element that Redis has of it. */
export interface ReadLetter<Body> {
  /** In the stream of its list. */
  id: string;
  letter: DeadLetter<Body>;
  element: Buffer;
}

/**
 * Reads an entry of the stream. Never rejects: an unreadable message has no body, nor has one that was not read whole.
 *
 * @param size of the whole element, in bytes. Default: it was read whole.
 */
export async function readLetter<Body>(
  list: DeadList<Body>,
  [entryId, fields]: EntryReply,
  size?: number,
): Promise<ReadLetter<Body>> {
  const id = String(entryId);
  const textOf = (name: string) => {
    const text = String(valueAt(fields, name) ?? '');
    return text === '' ? undefined : text;
  };
  const element = valueAt(fields, 'element') ?? Buffer.alloc(0);
  const ranUs = Number(textOf('ran') ?? 0);
  const stored = await readStored(list, element);
  const missing = size === undefined ? 0 : size - element.length;
  const letter = withShortJson({
    ...stored,
    body: missing > 0 ? undefined : stored.body,
    bodyBytes: stored.bytes.length + missing,
    entry: entryOf({ at: list.at, id }),
    reason: textOf('reason') ?? '',
    error: textOf('error') ?? '',
    stack: textOf('stack'),
    consumer: textOf('consumer'),
    process: textOf('process'),
    ranMs: ranUs > 0 ? ranUs / 1000 : undefined,
    diedAt: diedAt(id),
  });
  return { id, letter, element };
}

/** When the entry with this id was added, by the server's clock. */
export function diedAt(id: string): Date {
  return new Date(Number(id.split('-')[0]));
}

/** Names stand at even places: a value may be the name of another field. */
export function valueAt(fields: readonly Buffer[], name: string): Buffer | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    if (String(fields[at]) === name) return fields[at + 1];
  }
  return undefined;
}
