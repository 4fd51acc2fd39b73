import { Slice } from '@redpost/core/consuming';
import type { Fields } from './record.js';

/** An entry of a stream: its offset, and its body, or all its fields if it has other fields. */
export interface PackedEntry {
  readonly offset: string;
  readonly body: Slice | undefined;
  readonly fields: Fields | undefined;
}

/** The approximate size of an entry, in bytes. */
export function sizeOf({ body, fields = [] }: Pick<PackedEntry, 'body' | 'fields'>): number {
  return body ? body.size : fields.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Reads entries that `cmsgpack` of Redis has written, `[[offset, [name, value…]]…]`. It knows only the parts of MessagePack
 * that `cmsgpack` uses for arrays of strings. Hundreds of entries in one block are a single reply, which costs the server
 * less than hundreds of replies.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function unpackEntries(bytes: Buffer): PackedEntry[] {
  const reader = new Reader(bytes);
  const found: { offset: string; start: number; end: number; fields: Fields | undefined }[] = [];
  for (let left = reader.length(); left > 0; left -= 1) {
    reader.length(); // The length of the pair, 2.
    const offset = reader.text();
    const values = reader.length();
    const isPlain = values === 2 && reader.skipBody();
    const fields = isPlain ? undefined : Array.from({ length: values }, () => reader.bytes());
    const end = isPlain ? reader.skipString() : 0;
    found.push({ offset, start: reader.start, end, fields });
  }
  const latin1 = bytes.toString('latin1');
  // In UTF-8, each character that is not ASCII takes two bytes. If all of these are heads, all bodies are ASCII.
  const isAscii = Buffer.byteLength(latin1) - bytes.length === reader.notAscii;
  const block = { bytes, text: isAscii ? latin1 : undefined };
  return found.map(({ offset, start, end, fields }) => {
    return { offset, fields, body: fields ? undefined : new Slice(block, start, end) };
  });
}

const str8 = 0xd9;
const str16 = 0xda;
const str32 = 0xdb;
const array16 = 0xdc;
const array32 = 0xdd;
/** `body` as a string of 4 bytes. */
const bodyName = 0x626f6479;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  /** How many bytes of the heads are not ASCII. */
  notAscii = 0;
  /** Where the last string began. */
  start = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Reads the number of elements of an array, or the number of bytes of a string. */
  length(): number {
    const type = this.#next();
    if (type === str8) return this.#next();
    if (type === str16 || type === array16) return this.#number(2);
    if (type === str32 || type === array32) return this.#number(4);
    // 0xa0 and up are strings of up to 31 bytes, 0x90 and up arrays of up to 15 elements.
    return type & (type < 0xa0 ? 0x0f : 0x1f);
  }

  bytes(): Buffer {
    const end = this.skipString();
    return this.#bytes.subarray(this.start, end);
  }

  text(): string {
    const end = this.skipString();
    return this.#bytes.toString('latin1', this.start, end);
  }

  /** Skips a string. Returns its end. */
  skipString(): number {
    const length = this.length();
    this.start = this.#at;
    this.#at += length;
    return this.#at;
  }

  /** Skips the next string if it is `body`. Returns false otherwise. */
  skipBody(): boolean {
    const head = this.#bytes[this.#at];
    if (head !== 0xa4 || this.#bytes.readUInt32BE(this.#at + 1) !== bodyName) return false;
    this.#at += 5;
    this.notAscii += 1;
    return true;
  }

  #number(size: number): number {
    let number = 0;
    for (let left = size; left > 0; left -= 1) number = number * 256 + this.#next();
    return number;
  }

  #next(): number {
    const byte = this.#bytes[this.#at] as number;
    this.#at += 1;
    if (byte >= 0x80) this.notAscii += 1;
    return byte;
  }
}
