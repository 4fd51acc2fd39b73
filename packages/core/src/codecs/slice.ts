import { isAscii } from 'node:buffer';

/** A block of bytes that Redis sent. */
export interface Block {
  readonly bytes: Buffer;
  /** The block as text, one character per byte. Undefined when some slice is not ASCII. */
  readonly text: string | undefined;
}

/** The block of these bytes, with their text if they are ASCII. Of few bytes, to find that out costs more than it saves. */
export function blockOf(bytes: Buffer): Block {
  const isText = bytes.length >= 512 && isAscii(bytes);
  return { bytes, text: isText ? bytes.toString('latin1') : undefined };
}

/** A part of a block. If it is ASCII, its text costs no copy. */
export class Slice {
  readonly size: number;
  readonly #block: Block;
  readonly #start: number;

  constructor(block: Block, start: number, end: number) {
    this.#block = block;
    this.#start = start;
    this.size = end - start;
  }

  /** A slice of all these bytes. */
  static of(bytes: Buffer): Slice {
    return new Slice(blockOf(bytes), 0, bytes.length);
  }

  /** A view of the block. */
  get bytes(): Buffer {
    return this.#block.bytes.subarray(this.#start, this.#end);
  }

  /** The text of the slice; undefined when only `bytes` are available. */
  get text(): string | undefined {
    return this.#block.text?.slice(this.#start, this.#end);
  }

  /** The slice as text in UTF-8, like that of a `Buffer`. */
  toString(): string {
    return this.text ?? this.bytes.toString();
  }

  /** True when its first bytes are these. @param ascii ASCII characters. */
  startsWith(ascii: string): boolean {
    const { bytes, text } = this.#block;
    if (this.size < ascii.length) return false;
    if (text !== undefined) return text.startsWith(ascii, this.#start);
    for (let at = 0; at < ascii.length; at += 1) {
      if (bytes[this.#start + at] !== ascii.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The slice after the first such character; undefined when there is none. */
  after(ascii: string): Slice | undefined {
    const { bytes, text } = this.#block;
    const at = text?.indexOf(ascii, this.#start) ?? bytes.indexOf(ascii.charCodeAt(0), this.#start);
    return at < 0 || at >= this.#end ? undefined : new Slice(this.#block, at + 1, this.#end);
  }

  /** The text after the first such character: what `after(ascii)?.text` is, without a slice. */
  textAfter(ascii: string): string | undefined {
    const { text } = this.#block;
    if (text === undefined) return undefined;
    const at = text.indexOf(ascii, this.#start);
    return at < 0 || at >= this.#end ? undefined : text.slice(at + 1, this.#end);
  }

  /** The text from so many bytes on up to the next such character; undefined if there is none, or it is not known to be ASCII. */
  textUntil(ascii: string, from: number): string | undefined {
    const { text } = this.#block;
    if (text === undefined) return undefined;
    const start = this.#start + from;
    const at = text.indexOf(ascii, start);
    return at < 0 || at >= this.#end ? undefined : text.slice(start, at);
  }

  /** True when it has `ascii` somewhere before the first `end`, or before its own end. */
  hasBefore(ascii: string, end: string): boolean {
    const { bytes, text } = this.#block;
    const at = text?.indexOf(end, this.#start) ?? bytes.indexOf(end.charCodeAt(0), this.#start);
    const until = at < 0 || at > this.#end ? this.#end : at;
    const before = text?.slice(this.#start, until) ?? bytes.toString('latin1', this.#start, until);
    return before.includes(ascii);
  }

  get #end(): number {
    return this.#start + this.size;
  }
}
