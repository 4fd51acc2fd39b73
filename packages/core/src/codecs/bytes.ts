import { types } from 'node:util';
import type { Codec } from './codec.js';

/** Bytes as they are. A received body is a `Buffer` of its own, which may be kept: `Queue<Buffer>` fits too. */
export function bytes<Body extends Uint8Array = Uint8Array>(): Codec<Body> {
  return codec as unknown as Codec<Body>;
}

const codec: Codec<Uint8Array> = {
  name: 'bytes',
  encode(body) {
    if (!types.isUint8Array(body)) throw new TypeError(`expected bytes, got ${typeof body}`);
    return body;
  },
  decode: (view) => Buffer.from(view),
};
