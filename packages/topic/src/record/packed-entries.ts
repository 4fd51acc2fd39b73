import type { Fields } from './record.js';

/** A body within the block that Redis answered. */
class PackedBody {
  readonly #bytes: Buffer;
  readonly #text: string | undefined;
  readonly #start: number;
  readonly #end: number;

  /** @param text the bytes as text, each a character, if the body is ASCII. */
  constructor(bytes: Buffer, text: string | undefined, start: number, end: number) {
    this.#bytes = bytes;
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Without a copy; undefined for a body that is not ASCII. */
  get text(): string | undefined {
    return this.#text?.slice(this.#start, this.#end);
  }
}

/** An entry of a stream: where it stands, and its body, or all its fields if there are more. */
export interface PackedEntry {
  readonly offset: string;
  readonly body: PackedBody | undefined;
  readonly fields: Fields | undefined;
}

/** How many bytes an entry has, roughly. */
export function sizeOf({ body, fields = [] }: Pick<PackedEntry, 'body' | 'fields'>): number {
  return body ? body.size : fields.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Takes apart entries that Redis' `cmsgpack` has written, `[[offset, [name, value…]]…]`: of
 * MessagePack only what that writes for arrays of strings. Hundreds of entries in one block are one
 * reply to the client, and cost the server less than as many replies.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function unpackEntries(bytes: Buffer): PackedEntry[] {
  const reader = new Reader(bytes);
  const found: { offset: string; start: number; end: number; fields: Fields | undefined }[] = [];
  for (let left = reader.length(); left > 0; left -= 1) {
    reader.length(); // Of the pair: 2.
    const offset = reader.text();
    const values = reader.length();
    const isPlain = values === 2 && reader.skipBody();
    const fields = isPlain ? undefined : Array.from({ length: values }, () => reader.bytes());
    const end = isPlain ? reader.skipString() : 0;
    found.push({ offset, start: reader.start, end, fields });
  }
  const latin1 = bytes.toString('latin1');
  // Each that is not ASCII takes two bytes in UTF-8. If all of them are heads, the rest is ASCII.
  const isAscii = Buffer.byteLength(latin1) - bytes.length === reader.notAscii;
  const text = isAscii ? latin1 : undefined;
  return found.map(({ offset, start, end, fields }) => {
    return { offset, fields, body: fields ? undefined : new PackedBody(bytes, text, start, end) };
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

  /** Reads how many elements an array has, or how many bytes a string. */
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

  /** Leaves out a string; returns where it ends. */
  skipString(): number {
    const length = this.length();
    this.start = this.#at;
    this.#at += length;
    return this.#at;
  }

  /** Leaves out the next string if it is `body`. */
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
