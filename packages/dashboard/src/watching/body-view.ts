import { types } from 'node:util';
import { bodyInJson } from '@redpost/core/consuming';
import { z } from 'zod';
import type { BodyOrigin, CheckedOptions } from '../options.js';

/** A body as it is shown. */
export const bodySchema = z.object({
  /** What it looks like: indented JSON, text, or base64. Cut after the limit. */
  text: z.string(),
  format: z.enum(['json', 'text', 'base64', 'hidden']),
  /** How many bytes the whole body has. */
  bytes: z.int(),
  isCut: z.boolean(),
  /** True when `redact` has changed it. */
  isRedacted: z.boolean(),
});
export type BodyView = z.infer<typeof bodySchema>;

/** A body as it was read. */
interface ReadBody {
  /** Undefined when it cannot be read, or was not read whole. */
  body: unknown;
  bytes: Uint8Array;
  /** How many bytes the whole body has. */
  bodyBytes: number;
  /** True where `body` is the bytes themselves. */
  isRaw: boolean;
}

type Shown = Pick<BodyView, 'text' | 'format'>;

/** Shows bodies, with what is to be left out of them left out. */
export class BodyViewer {
  readonly #redact: CheckedOptions['redact'];
  /** How many bytes are shown. */
  readonly maxBodyBytes: number;

  constructor({ redact, maxBodyBytes }: Pick<CheckedOptions, 'redact' | 'maxBodyBytes'>) {
    this.#redact = redact;
    this.maxBodyBytes = maxBodyBytes;
  }

  /** @param most how many characters are shown. */
  view(read: ReadBody, origin: BodyOrigin, most = this.maxBodyBytes): BodyView {
    const isWhole = read.bytes.length >= read.bodyBytes;
    const size = { bytes: read.bodyBytes };
    if (this.#redact && !isWhole) {
      return { ...size, text: '', format: 'hidden', isCut: true, isRedacted: true };
    }
    const value = read.isRaw || read.body === undefined ? readable(read.bytes) : read.body;
    const changed = this.#redact ? this.#redact(copyOf(value), origin) : value;
    const { text, format } = shownAs(changed);
    const original = this.#redact ? shownAs(value).text : text;
    const isCut = text.length > most || !isWhole;
    return { ...size, text: text.slice(0, most), format, isCut, isRedacted: text !== original };
  }
}

/** What `redact` gets it may change. */
function copyOf(value: unknown): unknown {
  return types.isUint8Array(value) ? value : structuredClone(value);
}

/** What bytes most probably are: JSON, text, or bytes. */
function readable(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  if (text === undefined) return bytes;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Undefined if it is no text. A character may be cut off at the end. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they say that it is no text.
    return /[\0-\x08\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function shownAs(value: unknown): Shown {
  if (types.isUint8Array(value)) {
    const text = Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
    return { text, format: 'base64' };
  }
  if (typeof value === 'string') return { text: value, format: 'text' };
  try {
    return { text: JSON.stringify(bodyInJson(value), undefined, 2) ?? 'undefined', format: 'json' };
  } catch {
    return { text: String(value), format: 'text' };
  }
}
