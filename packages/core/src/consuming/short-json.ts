import { types } from 'node:util';

/**
 * Gives a message a short form in JSON. The bytes are left out, because the body says the same. A message that could not
 * be read has no body, and its bytes are written as base64.
 */
export function withShortJson<Message extends { body: unknown; bytes: Buffer }>(
  message: Message,
): Message {
  return Object.defineProperty(message, 'toJSON', {
    value(this: Message) {
      const { bytes, ...rest } = this;
      return this.body === undefined
        ? { ...rest, bytes: bytesInJson(bytes) }
        : { ...rest, body: bodyInJson(this.body) };
    },
  });
}

/**
 * A body as it is written into JSON: bytes in it as base64, where JSON.stringify would write a number for each byte, and a
 * bigint as text, for which it would throw.
 */
export function bodyInJson(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return forJson(body);
  if (types.isUint8Array(body)) return bytesInJson(body);
  return JSON.parse(
    JSON.stringify(body, function (this: Record<string, unknown>, name, value) {
      // Buffers have a toJSON of their own, so `value` is no longer one.
      return forJson(types.isUint8Array(this[name]) ? this[name] : value);
    }) ?? 'null',
  );
}

/** Bytes as base64. */
export function bytesInJson(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function forJson(value: unknown): unknown {
  if (types.isUint8Array(value)) return bytesInJson(value);
  return typeof value === 'bigint' ? String(value) : value;
}
