import { DecodeError } from '@redpost/core';

/** The beginnings of a request and of an answer. */
const marks = { request: '\u0001r', answer: '\u0001a' };
const newline = 0x0a;

export interface RequestHead {
  /** The channel the answer goes to. */
  replyTo: string;
  /** The number of this request among those that are answered there. */
  id: number;
}

export interface AnswerHead {
  id: number;
  /** Whether the body is the `name` and `message` of an error in JSON, instead of an answer. */
  failed: boolean;
}

export function sealRequest({ replyTo, id }: RequestHead, body: string | Buffer): string | Buffer {
  return seal(`${marks.request}${id},${replyTo}\n`, body);
}

export function sealAnswer({ id, failed }: AnswerHead, body: string | Buffer): string | Buffer {
  return seal(`${marks.answer}${id},${failed ? 'error' : 'ok'}\n`, body);
}

/** @throws DecodeError for bytes that are not a request. */
export function unsealRequest(bytes: Buffer): RequestHead & { body: Buffer } {
  const { head, body } = split(bytes, marks.request);
  const [, id, replyTo] = /^(\d+),(.+)$/.exec(head) ?? [];
  if (!replyTo) throw new DecodeError('This message is not a request', { bytes });
  return { id: Number(id), replyTo, body };
}

/** @throws DecodeError for bytes that are not an answer. */
export function unsealAnswer(bytes: Buffer): AnswerHead & { body: Buffer } {
  const { head, body } = split(bytes, marks.answer);
  const [, id, outcome] = /^(\d+),(ok|error)$/.exec(head) ?? [];
  if (!outcome) throw new DecodeError('This message is not a reply', { bytes });
  return { id: Number(id), failed: outcome === 'error', body };
}

function seal(head: string, body: string | Buffer): string | Buffer {
  return typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head), body]);
}

/** `head` is the text between the mark and the end of the first line, empty without the mark. */
function split(bytes: Buffer, mark: string): { head: string; body: Buffer } {
  const headEnd = bytes.indexOf(newline);
  const line = bytes.toString('utf8', 0, Math.max(0, headEnd));
  const head = line.startsWith(mark) ? line.slice(mark.length) : '';
  return { head, body: bytes.subarray(headEnd + 1) };
}
