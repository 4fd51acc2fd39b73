import { DecodeError, InvalidArgumentError } from '@redpost/core';
import type { Slice } from '@redpost/core/consuming';
import { type FlowEnd, flowEndIn } from '../flow/flow-end.js';

/** Small texts that travel with a message, e.g. a trace id. */
export type Headers = Readonly<Record<string, string>>;

/** A message as it is in Redis, without its body. */
interface EnvelopeHeader {
  id: string;
  /** When it was sent, in ms since 1970 by the producer's clock; 0 when unknown. */
  sentAt: number;
  headers: Headers;
  /** How often the message was delivered before. */
  deliveries: number;
  /** True when the message was active when its consumer died, so it may have been the cause. */
  isSuspect: boolean;
  /** What the message is about. */
  key: string | undefined;
  /** The key with which it is sent once, if it is. */
  onceKey: string | undefined;
  /** From 0 to 9. */
  priority: number;
  /** When it expires, in ms since 1970 by the server's clock. */
  expiresAt: number | undefined;
  /** The queue in which it became a dead letter, if it was redriven to another one. */
  origin: string | undefined;
  /** For how long a handler may have it, in ms. */
  timeoutMs: number | undefined;
  /** For how long its result is kept, in ms. */
  keepResultMs: number | undefined;
  /** The flow that it is a member of, as headers name it. */
  flow: string | undefined;
  /** How the flow has ended whose continuation it is. */
  flowEnd: FlowEnd | undefined;
}

export interface Envelope extends EnvelopeHeader {
  body: Buffer;
}

/** The start of every envelope: the bytes 0x01 and '1', then a JSON object. */
const prefix = '\x011';
/** The priority of a message that was sent without one: in the middle, as JMS has it. */
export const defaultPriority = 4;
/** How an envelope begins, and how one does that no script has written to. */
export const opening = `${prefix}{`;
const idFirst = `${opening}"id"`;
const keyFirst = `${opening}"key"`;
const priorityFirst = `${opening}"priority"`;
const onceFirst = `${opening}"once"`;
const flowFirst = `${opening}"flow":"`;
const newline = 0x0a;

const noHeaders: Headers = Object.freeze({});

/** How often a header can say that a message was delivered: see scripts/parts/envelope.lua. */
export const mostAttempts = 999_999_999;

/** How often a message was delivered elsewhere: where scripts write that, in front of all else. */
export function attemptJson(attempt = 0): string {
  return attempt > 0 ? `"attempt":${Math.min(attempt, mostAttempts)},` : '';
}

/** What a consumer has to know before it calls a handler: before all else that a producer writes. */
export function handlingJson(options: {
  keepResultMs?: number | undefined;
  timeoutMs?: number | undefined;
  /** '' for none. */
  flow?: string;
}): string {
  const { keepResultMs, timeoutMs, flow = '' } = options;
  const kept = keepResultMs === undefined ? '' : `"result":${keepResultMs},`;
  const timed = timeoutMs === undefined ? kept : `${kept}"timeout":${timeoutMs},`;
  return flow === '' ? timed : `${timed}"flow":${JSON.stringify(flow)},`;
}

/** What says where a message waits, as scripts read it: first in the header that a producer writes. */
export function placeJson(key: string | undefined, priority: number | undefined): string {
  if (key !== undefined) return `"key":${JSON.stringify(key)},`;
  return priority === undefined || priority === defaultPriority ? '' : `"priority":${priority},`;
}

/** What says until when no other message with this key is sent, as scripts read it: behind the place. */
export function onceJson(until: 'taken' | 'done', key: string): string {
  return `"once":${JSON.stringify(`${until}:${key}`)},`;
}

/** Writes a new envelope: prefix, one line of JSON, a newline, the body. @param place see `attemptJson`, `handlingJson`, `placeJson` and `onceJson`. */
export function encodeEnvelope(
  message: { idJson: string; sentAt: number; headers?: Headers | undefined; place?: string },
  body: string | Uint8Array,
): string | Buffer {
  const { idJson, sentAt, headers, place = '' } = message;
  const more = headers ? `,"headers":${JSON.stringify(headers)}` : '';
  const header = `${prefix}{${place}"id":${idJson},"ts":${sentAt}${more}}\n`;
  return typeof body === 'string' ? header + body : Buffer.concat([Buffer.from(header), body]);
}

/**
 * The same for a message without headers, priority or key, as most are, with an id that needs no escaping. Each piece that is
 * added to a text makes writing it to the socket slower.
 */
export function encodePlainEnvelope(
  id: string,
  sentAt: number,
  body: string | Uint8Array,
): string | Buffer {
  const header = `\x011{"id":"${id}","ts":${sentAt}}\n`;
  return typeof body === 'string' ? header + body : Buffer.concat([Buffer.from(header), body]);
}

/** The same message with another body. Its envelope can be read. */
export function withBody(element: Buffer, body: string | Uint8Array): Buffer {
  return Buffer.concat([element.subarray(0, headerEnd(element) + 1), Buffer.from(body)]);
}

/** The same message with the name of the queue that it comes from, unless it has one. Malformed ones stay as they are. */
export function withOrigin(element: Buffer, origin: string): Buffer {
  try {
    if (decodeEnvelope(element, '-').origin !== undefined) return element;
    const end = headerEnd(element);
    const header = element.toString('utf8', 0, end).replace(/\}\s*$/, '');
    return Buffer.concat([
      Buffer.from(`${header},"origin":${JSON.stringify(origin)}}`),
      element.subarray(end),
    ]);
  } catch {
    return element;
  }
}

/** True for an element with a header; anything else is a bare payload. */
export function isEnvelope(element: Uint8Array | string): boolean {
  if (typeof element === 'string') return element.startsWith(opening);
  return element[0] === 0x01 && element[1] === 0x31 && element[2] === 0x7b;
}

/** See `beginningOf`. */
export type Beginning = 'bare' | 'untouched' | 'touched';

/**
 * The kind of an element by its beginning: `bare` for a payload without a header; `untouched` for an envelope that no
 * script has written to, whose header does not matter for its delivery (its producer begins with the place or the id, and
 * scripts write before them); else `touched`.
 */
export function beginningOf(element: Slice): Beginning {
  if (element.startsWith(idFirst)) return 'untouched';
  if (!element.startsWith(opening)) return 'bare';
  const isUntouched = [keyFirst, priorityFirst, onceFirst].some((first) =>
    element.startsWith(first),
  );
  return isUntouched ? 'untouched' : 'touched';
}

/**
 * The flow of a member whose header begins with it, as that of most members: then it says nothing else that a consumer has
 * to know before it calls a handler. Undefined for all others, and where finding it takes more than a look.
 */
export function leadingFlow(element: Slice): string | undefined {
  if (!element.startsWith(flowFirst)) return undefined;
  const flow = element.textUntil('"', flowFirst.length);
  return flow?.includes('\\') ? undefined : flow;
}

/**
 * The body of an element, without reading its header.
 *
 * @throws DecodeError when it starts like an envelope but is none.
 */
export function bodyOf(element: Slice, beginning = beginningOf(element)): Slice {
  if (beginning === 'bare') return element;
  const body = element.after('\n');
  if (!body) throw endless(element.bytes);
  return body;
}

/** True for an element that was active when its consumer died. */
export function isSuspect(element: Buffer): boolean {
  if (!isEnvelope(element)) return false;
  return writtenIn(element.toString('latin1', prefix.length, 64))[2] !== undefined;
}

/**
 * Reads an element.
 *
 * @param bareId the id that a bare payload gets.
 * @throws DecodeError when it starts like an envelope but is none.
 */
export function decodeEnvelope(element: Buffer, bareId: string): Envelope {
  if (!isEnvelope(element)) return { body: element, ...bareHeader(bareId) };
  const end = headerEnd(element);
  const header = parseHeader(element.toString('utf8', prefix.length, end), element);
  return { body: element.subarray(end + 1), ...header };
}

/** Reads a malformed envelope as a bare payload: the whole element, without the fields that scripts wrote. */
export function asBare(element: Buffer, id: string): Envelope {
  if (!isEnvelope(element)) return { body: element, ...bareHeader(id) };
  const text = element.toString('latin1', prefix.length, 64);
  const [written = '{', attempt = 0] = writtenIn(text);
  const rest = element.subarray(prefix.length + written.length);
  const body = Buffer.concat([Buffer.from(`${prefix}{`), rest]);
  return { ...bareHeader(id), deliveries: Number(attempt), body };
}

function headerEnd(element: Buffer): number {
  const end = element.indexOf(newline, prefix.length);
  if (end < 0) throw endless(element);
  return end;
}

/** The fields that scripts write. They count only at the start of the header: see scripts/parts/envelope.lua. */
const writtenByScripts = /^\{(?:"attempt":([1-9]\d{0,8}),)?(?:"suspect":(1),)?/;

function writtenIn(header: string): RegExpExecArray | [] {
  return writtenByScripts.exec(header) ?? [];
}

function bareHeader(id: string): EnvelopeHeader {
  return {
    id,
    sentAt: 0,
    headers: noHeaders,
    deliveries: 0,
    isSuspect: false,
    key: undefined,
    onceKey: undefined,
    priority: defaultPriority,
    expiresAt: undefined,
    origin: undefined,
    timeoutMs: undefined,
    keepResultMs: undefined,
    flow: undefined,
    flowEnd: undefined,
  };
}

function parseHeader(text: string, element: Buffer): EnvelopeHeader {
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed(element, 'its header is not JSON', cause);
  }
  const { id, ts = 0, expires, headers = noHeaders, key, once, priority, origin } = header;
  const { result, timeout, flow, ended } = header;
  const [, attempt = 0, suspect] = writtenIn(text);
  if (typeof id !== 'string' || id === '') throw malformed(element, 'it has no id');
  if (!isTime(ts) || (expires !== undefined && !isTime(expires))) {
    throw malformed(element, 'a number in its header is none');
  }
  if (!isHeaders(headers)) throw malformed(element, 'its headers are not texts');
  return {
    id,
    sentAt: ts,
    headers,
    deliveries: Number(attempt),
    isSuspect: suspect !== undefined,
    key: typeof key === 'string' ? key : undefined,
    // Behind the word that says until when.
    onceKey: typeof once === 'string' ? once.slice(once.indexOf(':') + 1) : undefined,
    priority: isPriority(priority) ? priority : defaultPriority,
    expiresAt: expires,
    origin: typeof origin === 'string' ? origin : undefined,
    timeoutMs: isTime(timeout) ? timeout : undefined,
    keepResultMs: isTime(result) ? result : undefined,
    flow: typeof flow === 'string' ? flow : undefined,
    flowEnd: ended === undefined ? undefined : flowEndIn(ended),
  };
}

/** @throws InvalidArgumentError when `headers` are not an object of strings. */
export function checkHeaders(headers: unknown): void {
  // JSON would write a Map or a Headers object of fetch as an empty object.
  if (isHeaders(headers) && Object.prototype.toString.call(headers) === '[object Object]') return;
  throw new InvalidArgumentError('headers must be an object whose values are strings');
}

function isHeaders(value: unknown): value is Headers {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

/** True for a whole number from 0 to 9. */
export function isPriority(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 9;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function endless(bytes: Buffer): DecodeError {
  return malformed(bytes, 'its header does not end');
}

function malformed(bytes: Buffer, why: string, cause?: unknown): DecodeError {
  return new DecodeError(`The message's envelope is malformed: ${why}`, { bytes, cause });
}
