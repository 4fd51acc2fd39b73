import { isUtf8 } from 'node:buffer';
import type { Codec } from '@redpost/core';
import { shown } from '@redpost/core/consuming';

export type CodecName = 'json' | 'text' | 'base64';

/** A body as its bytes in Redis, or as text. */
export type Body = string | Uint8Array;

/**
 * The codec for queues and channels: bytes as they are. So a body is sent exactly as it was typed, to the
 * last digit of a long number, and every body of another program can be read.
 */
export const asIs: Codec<Body> = {
  name: 'bytes',
  encode: (body) => body,
  decode: (view) => Buffer.from(view),
};

/** The same to show queues, among them lists of other systems: nothing can be sent with it. */
export const shownAsIs: Codec<Body> = {
  ...asIs,
  encode() {
    throw new TypeError('another system reads this list, and cannot read a message of redpost');
  },
  isDecodeOnly: true,
};

/** The text is not a body under the codec. */
export class BodySyntaxError extends Error {}

/**
 * Turns text from the command line or the input into a body.
 *
 * @throws BodySyntaxError that says what is wrong and what to do.
 */
export function parseBody(text: string, codec: CodecName): Body {
  if (codec === 'text') return text;
  const trimmed = text.trim();
  if (codec === 'base64') return parseBase64(trimmed);
  try {
    JSON.parse(trimmed);
  } catch {
    const hint =
      /[\s[{"'\\]/.test(trimmed) || trimmed.length > 40 ? '' : ` quote it ('"${trimmed}"') or`;
    throw new BodySyntaxError(`${shown(text)} is not JSON:${hint} use --codec text`);
  }
  return trimmed;
}

function parseBase64(text: string): Body {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) {
    return Buffer.from(text, 'base64');
  }
  throw new BodySyntaxError(`${shown(text)} is not base64`);
}

/** A body as a piece of JSON. */
export interface PrintedBody {
  json: string;
  /** True when the bytes are not text, so that they are printed as base64 although it was not requested. */
  isBase64: boolean;
}

/** Never fails: any bytes in Redis can be shown, and they are shown unchanged. */
export function printBody(bytes: Buffer, codec: CodecName): PrintedBody {
  const isText = codec !== 'base64' && isUtf8(bytes);
  if (!isText) return { json: quoted(bytes.toString('base64')), isBase64: codec !== 'base64' };
  const text = bytes.toString();
  return { json: (codec === 'json' && compactJson(text)) || quoted(text), isBase64: false };
}

/** The text itself, on one line, if it is JSON. Line breaks in JSON are only white space. */
function compactJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return text.trim().replace(/[\r\n]+\s*/g, ' ');
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
