import { Slice, withShortJson } from '@redpost/core/consuming';
import { publishedAt } from '../record/offset.js';
import { bodyOf, type Fields, headersOf, type RecordHeaders, textField } from '../record/record.js';
import { type PeekDeadInput, type PeekedEntry, peekDead } from '../scripts/peek-dead.js';
import { readBody } from '../topic-context.js';
import { nameOf } from './dead-entry.js';
import type { GroupContext } from './group-context.js';

/** A record that is no longer delivered to the group, and the reason. */
export interface DeadRecord<Body = unknown> {
  /** The name of the dead letter: for `get`, `redrive`, `remove`, and the option `after` of `list`. */
  readonly entry: string;
  readonly partition: number;
  /** The offset of the record in the topic. */
  readonly offset: string;
  /** Undefined when it cannot be read, or was not read whole: then only `bytes` has the body. */
  readonly body: Body | undefined;
  /** The body as it is in Redis. JSON.stringify writes it as base64 if `body` is undefined, and leaves it out otherwise. */
  readonly bytes: Buffer;
  /** How many bytes the whole body has: `bytes` may be its beginning, see `maxBodyBytes`. */
  readonly bodyBytes: number;
  readonly key: string | undefined;
  readonly headers: RecordHeaders;
  readonly id: string | undefined;
  readonly publishedAt: Date;
  /** How many attempts the record had. */
  readonly attempt: number;
  /** E.g. `failed`, `crashed`, `malformed`, `invalid`, or the reason that a handler gave. */
  readonly reason: string;
  /** The message of the last error; may be empty. */
  readonly error: string;
  /** By the server's clock. */
  readonly diedAt: Date;
}

/** A dead letter as it is in Redis. */
export interface DeadPeek extends PeekedEntry {
  partition: number;
  id: string;
}

/** How many fields at the front say why it is a dead letter. See scripts/dead-letter.lua. */
export const ownFields = 8;

/** Reads dead letters of a partition by several calls, so that no answer is large. */
export async function peekDeadRecords(
  { topic, partitions }: GroupContext,
  partition: number,
  { limit, ...range }: Pick<PeekDeadInput, 'from' | 'to' | 'limit'> & Partial<PeekDeadInput>,
): Promise<DeadPeek[]> {
  const dead = partitions.of(partition)?.keys.dead;
  const all: DeadPeek[] = [];
  for (let { from } = range; dead !== undefined; from = `(${all.at(-1)?.id}`) {
    const input = { ...range, dead, from, limit: limit - all.length };
    const { found, isCut } = await topic.connection.run(peekDead, input);
    all.push(...found.map((peeked) => ({ ...peeked, partition, id: String(peeked.entry[0]) })));
    if (!isCut || all.length >= limit) break;
  }
  return all;
}

export async function readDeadRecord<Body>(
  context: GroupContext<Body>,
  { partition, id, entry, bodyBytes }: DeadPeek,
): Promise<DeadRecord<Body>> {
  const own = entry[1].slice(0, ownFields);
  const fields = entry[1].slice(ownFields);
  const offset = textField(own, 'offset') ?? '0-0';
  return withShortJson({
    entry: nameOf({ partition, id }),
    partition,
    offset,
    ...(await readable(context, fields, bodyBytes)),
    bodyBytes,
    key: textField(fields, 'key'),
    id: textField(fields, 'id'),
    publishedAt: publishedAt(offset),
    attempt: Number(textField(own, 'attempt') ?? 0),
    reason: textField(own, 'reason') ?? '',
    error: textField(own, 'error') ?? '',
    diedAt: publishedAt(id),
  });
}

/** A dead letter may be unreadable. Then its body is undefined, and no error is thrown. */
async function readable<Body>(
  { topic }: GroupContext<Body>,
  fields: Fields,
  bodyBytes: number,
): Promise<Pick<DeadRecord<Body>, 'body' | 'bytes' | 'headers'>> {
  let bytes = Buffer.alloc(0);
  let headers: RecordHeaders = {};
  try {
    bytes = Buffer.from(bodyOf(fields));
    headers = headersOf(fields);
    if (bytes.length < bodyBytes) return { bytes, headers, body: undefined };
    return { bytes, headers, body: await readBody(topic, Slice.of(bytes)) };
  } catch {
    return { bytes, headers, body: undefined };
  }
}
