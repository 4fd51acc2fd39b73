/**
 * Fields and values as a MessagePack array of strings, which `cmsgpack` of Redis reads.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function packFields(fields: readonly (string | Buffer)[]): Buffer {
  // Of a text that is no Buffer, the number of bytes is not known yet: at most three for each of its UTF-16 units.
  const most = fields.reduce((sum, { length }) => sum + headBytes + 3 * length, headBytes);
  const packed = Buffer.allocUnsafe(most);
  let at = writeHead(packed, 0xdd, fields.length, 0);
  for (const field of fields) {
    const start = at + headBytes;
    const length =
      typeof field === 'string' ? packed.write(field, start) : field.copy(packed, start);
    at = writeHead(packed, 0xdb, length, at) + length;
  }
  return packed.subarray(0, at);
}

/** A type, and a length in 32 bits. */
const headBytes = 5;

function writeHead(packed: Buffer, type: number, length: number, at: number): number {
  packed[at] = type;
  return packed.writeUInt32BE(length, at + 1);
}
