/**
 * Fields and values as a MessagePack array of strings, which `cmsgpack` of Redis reads.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function packFields(fields: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [head(0xdc, fields.length, 2)];
  for (const field of fields) {
    const bytes = Buffer.from(field as string);
    parts.push(head(0xdb, bytes.length, 4), bytes);
  }
  return Buffer.concat(parts);
}

function head(type: number, length: number, size: number): Buffer {
  const bytes = Buffer.alloc(1 + size, type);
  bytes.writeUIntBE(length, 1, size);
  return bytes;
}
