import { DecodeError, InvalidArgumentError, json } from '@redpost/core';
import { bodyInJson, bytesInJson, messageOf, Slice } from '@redpost/core/consuming';
import { readBody, type TopicContext } from '../topic-context.js';
import { publishedAt } from './offset.js';

/** Small texts that travel with a record, e.g. a trace id. */
export type RecordHeaders = Readonly<Record<string, string>>;

/** A record as readers and handlers get it. */
export interface TopicRecord<Body = unknown> {
  /** Its position in the partition. Later records have greater offsets. */
  readonly offset: string;
  /** 0 in a topic without partitions. */
  readonly partition: number;
  readonly body: Body;
  readonly key: string | undefined;
  readonly headers: RecordHeaders;
  /** The option `id` of `publish`, by which a second publish is detected. */
  readonly id: string | undefined;
  /** By the server's clock. */
  readonly publishedAt: Date;
}

/** A record that cannot be read. Only its bytes are known. */
export interface UnreadableRecord {
  readonly offset: string;
  readonly partition: number;
  /** The body as it is in Redis; empty when there is no body. JSON.stringify writes it as base64. */
  readonly bytes: Buffer;
  /** A `DecodeError` when it could not be decoded, a `ValidationError` when the schema refused it. */
  readonly error: Error;
}

/** The fields of an entry of a stream: name, value, name, value… */
export type Fields = readonly Buffer[];

/** An entry of a stream. */
export interface Entry {
  readonly offset: string;
  readonly fields: Fields;
}

const noHeaders: RecordHeaders = Object.freeze({});

/** The first field of this name, as bytes. */
function field(fields: Fields, name: string): Buffer | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.toString('latin1') === name) return fields[at + 1];
  }
  return undefined;
}

export function textField(fields: Fields, name: string): string | undefined {
  return field(fields, name)?.toString();
}

/** @throws DecodeError when there is no body, because the entry was not published as a record. */
export function bodyOf(fields: Fields): Buffer {
  const body = field(fields, 'body');
  if (body) return body;
  throw new DecodeError('The entry has no field `body`', { bytes: Buffer.concat(fields) });
}

/** @throws DecodeError when the headers are not a JSON object of strings. */
export function headersOf(fields: Fields): RecordHeaders {
  const bytes = field(fields, 'headers');
  if (!bytes) return noHeaders;
  const headers = parseJson(bytes);
  if (isHeaders(headers)) return headers;
  throw new DecodeError('The headers are not a JSON object of strings', { bytes });
}

/** @throws InvalidArgumentError for headers that are not an object of strings. */
export function checkRecordHeaders(headers: unknown): void {
  // JSON would write a Map or a Headers object of fetch as an empty object.
  if (isHeaders(headers) && Object.prototype.toString.call(headers) === '[object Object]') return;
  throw new InvalidArgumentError('headers must be an object whose values are strings');
}

/** Decodes and validates a record. @throws DecodeError, ValidationError. */
export async function readRecord<Body>(
  context: TopicContext<Body>,
  partition: number,
  { offset, fields }: Entry,
): Promise<TopicRecord<Body>> {
  const headers = headersOf(fields);
  const body = await readBody(context, Slice.of(bodyOf(fields)));
  return withJsonOfBody(context, {
    offset,
    partition,
    body,
    key: textField(fields, 'key'),
    headers,
    id: textField(fields, 'id'),
    publishedAt: publishedAt(offset),
  });
}

/** What the codec `json()` has read is JSON already, so most records need no `toJSON`. */
function withJsonOfBody<Body>(
  { codec, schema }: TopicContext<Body>,
  record: TopicRecord<Body>,
): TopicRecord<Body> {
  if (codec === json() && !schema) return record;
  return withJson(record, () => ({ ...record, body: bodyInJson(record.body) }));
}

/** A record that cannot be read, with a short form in JSON. */
export function unreadable(record: UnreadableRecord): UnreadableRecord {
  return withJson(record, () => {
    const { bytes, error, ...place } = record;
    return { ...place, bytes: bytesInJson(bytes), error: messageOf(error) };
  });
}

function withJson<Value extends object>(value: Value, toJSON: () => object): Value {
  return Object.defineProperty(value, 'toJSON', { value: toJSON });
}

/**
 * True for a record that was redriven from the dead letters of another group, because only that group gets it.
 */
export function isForOthers(fields: Fields, group: string | undefined): boolean {
  if (fields.length <= 2) return false;
  const only = textField(fields, 'group');
  return only !== undefined && only !== group;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // The caller reports what was expected.
    return undefined;
  }
}

function isHeaders(value: unknown): value is RecordHeaders {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}
