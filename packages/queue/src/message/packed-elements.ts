import { Slice } from '@redpost/core/consuming';

/**
 * Reads an array of strings that `cmsgpack` of Redis has written. It knows only the parts of MessagePack that `cmsgpack`
 * uses for them. Hundreds of elements in one block are a single reply, and a single text.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function unpackElements(bytes: Buffer): Slice[] {
  const bounds: number[] = [];
  let at = headEnd(bytes, 0);
  let notAscii = notAsciiIn(bytes, 0, at);

  for (let left = lengthAt(bytes, 0); left > 0; left -= 1) {
    const start = headEnd(bytes, at);
    const end = start + lengthAt(bytes, at);
    notAscii += notAsciiIn(bytes, at, start);
    bounds.push(start, end);
    at = end;
  }
  return slices(bytes, bounds, notAscii);
}

function slices(bytes: Buffer, bounds: readonly number[], notAsciiBetween: number): Slice[] {
  const latin1 = bytes.toString('latin1');
  // In UTF-8, each character that is not ASCII takes two bytes. If all of these are between the elements, the elements
  // are ASCII.
  const notAscii = Buffer.byteLength(latin1) - bytes.length;
  const block = { bytes, text: notAscii === notAsciiBetween ? latin1 : undefined };

  const all: Slice[] = [];
  for (let at = 0; at < bounds.length; at += 2) {
    all.push(new Slice(block, bounds[at] as number, bounds[at + 1] as number));
  }
  return all;
}

const str8 = 0xd9;
const str16 = 0xda;
const str32 = 0xdb;
const array16 = 0xdc;
const array32 = 0xdd;

/** The number of elements of an array, or the number of bytes of a string. */
function lengthAt(bytes: Buffer, at: number): number {
  const type = bytes[at] as number;
  if (type === str8) return bytes[at + 1] as number;
  if (type === str16 || type === array16) return bytes.readUInt16BE(at + 1);
  if (type === str32 || type === array32) return bytes.readUInt32BE(at + 1);
  // 0xa0 and up are strings of up to 31 bytes, 0x90 and up arrays of up to 15 elements.
  return type & (type < 0xa0 ? 0x0f : 0x1f);
}

/** The end of the head of an array or a string, where its elements or bytes begin. */
function headEnd(bytes: Buffer, at: number): number {
  const type = bytes[at] as number;
  if (type === str8) return at + 2;
  if (type === str16 || type === array16) return at + 3;
  if (type === str32 || type === array32) return at + 5;
  return at + 1;
}

function notAsciiIn(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) count += 1;
  return count;
}
