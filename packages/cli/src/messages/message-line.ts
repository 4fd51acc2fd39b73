import type { DeadLetter, Delivery, StoredMessage } from '@redpost/queue';
import type { DeadRecord, TopicRecord } from '@redpost/topic';
import { type CodecName, printBody } from './body-codec.js';

type Shown = Pick<StoredMessage, 'key' | 'priority' | 'headers' | 'sentAt' | 'attempt'> & {
  id: string | undefined;
};

/** A delivery as a line of JSON, without the line's end. */
export function deliveryLine(delivery: Delivery<Buffer>, codec: CodecName): string {
  return line({ ...ownId(delivery), ...bodyOf(delivery.body, codec), ...rest(delivery) });
}

/** A message that stays in the queue. */
export function storedLine(message: StoredMessage, codec: CodecName): string {
  return line({ ...ownId(message), ...bodyOf(message.bytes, codec), ...rest(message) });
}

export function deadLine(letter: DeadLetter, codec: CodecName): string {
  return line(deadFields(letter, codec));
}

/** A dead letter with all that is known of it. */
export function wholeDeadLine(letter: DeadLetter, codec: CodecName): string {
  const { consumer, process, ranMs, origin, stack } = letter;
  const more = Object.entries({ consumer, process, ranMs, origin, stack });
  const known = more.map(([name, value]) => [name, JSON.stringify(value)]);
  return line({ ...deadFields(letter, codec), ...Object.fromEntries(known) });
}

function deadFields(letter: DeadLetter, codec: CodecName) {
  return {
    entry: JSON.stringify(letter.entry),
    ...ownId(letter),
    ...wholeBodyOf(letter, codec),
    reason: JSON.stringify(letter.reason),
    error: letter.error ? JSON.stringify(letter.error) : undefined,
    diedAt: JSON.stringify(letter.diedAt),
    ...rest(letter),
  };
}

/** How large the body is where it was not read whole. */
function wholeBodyOf(
  { bytes, bodyBytes }: Pick<DeadLetter, 'bytes' | 'bodyBytes'>,
  codec: CodecName,
) {
  if (bytes.length < bodyBytes) return { bodyBytes: String(bodyBytes) };
  return bodyOf(bytes, codec);
}

/** A record of a topic. */
export function recordLine(record: TopicRecord<Buffer>, codec: CodecName): string {
  const { offset, partition, body, key, id, publishedAt, headers } = record;
  return line({
    offset: JSON.stringify(offset),
    partition: String(partition),
    ...bodyOf(body, codec),
    ...ofRecord({ key, id, publishedAt, headers }),
  });
}

/** A dead letter of a consumer group. */
export function deadRecordLine(letter: DeadRecord<Buffer>, codec: CodecName): string {
  const { entry, offset, partition, reason, error, diedAt, attempt } = letter;
  return line({
    entry: JSON.stringify(entry),
    offset: JSON.stringify(offset),
    partition: String(partition),
    ...wholeBodyOf(letter, codec),
    reason: JSON.stringify(reason),
    error: error ? JSON.stringify(error) : undefined,
    diedAt: JSON.stringify(diedAt),
    attempt: String(attempt),
    ...ofRecord(letter),
  });
}

function ofRecord({
  key,
  id,
  publishedAt,
  headers,
}: Pick<TopicRecord, 'key' | 'id' | 'publishedAt' | 'headers'>) {
  const hasHeaders = Object.keys(headers).length > 0;
  return {
    key: JSON.stringify(key),
    id: JSON.stringify(id),
    publishedAt: JSON.stringify(publishedAt),
    headers: hasHeaders ? JSON.stringify(headers) : undefined,
  };
}

/** The fields of a body: the body and, if necessary, its encoding. */
export function bodyOf(bytes: Buffer, codec: CodecName) {
  const { json, isBase64 } = printBody(bytes, codec);
  return { body: json, encoding: isBase64 ? '"base64"' : undefined };
}

/** Joins fields that are JSON already; a body must not be parsed to be printed. */
export function line(fields: Record<string, string | undefined>): string {
  let text = '';
  for (const [name, json] of Object.entries(fields)) {
    if (json !== undefined) text += `${text ? ',' : ''}"${name}":${json}`;
  }
  return `{${text}}`;
}

function ownId({ id }: Pick<Shown, 'id'>) {
  return { id: JSON.stringify(id ?? null) };
}

/** The priority of a message that was sent without one. */
const usualPriority = 4;

function rest({ key, priority, attempt, sentAt, headers }: Omit<Shown, 'id'>) {
  const hasHeaders = Object.keys(headers).length > 0;
  return {
    key: JSON.stringify(key),
    priority: priority === usualPriority ? undefined : String(priority),
    attempt: String(attempt),
    sentAt: sentAt && JSON.stringify(sentAt),
    headers: hasHeaders ? JSON.stringify(headers) : undefined,
  };
}
