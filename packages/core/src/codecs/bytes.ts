import { types } from 'node:util';
import type { Codec } from '../codec.js';

/** Bytes as they are. What is read is a `Buffer` of its own, safe to keep. */
export function bytes(): Codec<Uint8Array> {
  return codec;
}

const codec: Codec<Uint8Array> = {
  name: 'bytes',
  encode(body) {
    if (!types.isUint8Array(body)) throw new TypeError(`expected bytes, got ${typeof body}`);
    return body;
  },
  decode: (view) => Buffer.from(view),
};
