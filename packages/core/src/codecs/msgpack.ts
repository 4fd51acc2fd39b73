import { createRequire } from 'node:module';
import type { Codec } from '../codec.js';
import { InvalidArgumentError } from '../errors.js';

interface Msgpackr {
  Packr: new (
    options: object,
  ) => {
    pack(body: unknown): Buffer;
    unpack(bytes: Uint8Array): unknown;
  };
}

/**
 * MessagePack: smaller than JSON, and knows dates, bytes and 64-bit bigints. A map becomes an
 * object and a set an array, as other languages read them. What is read is safe to keep.
 *
 * @throws InvalidArgumentError when the optional peer dependency `msgpackr` is not installed.
 */
export function msgpack<Body = unknown>(): Codec<Body> {
  const packr = new (load().Packr)({ useRecords: false, copyBuffers: true });
  return {
    name: 'msgpack',
    encode(body) {
      if (body === undefined || typeof body === 'function') {
        throw new TypeError(`MessagePack has no form for ${typeof body}`);
      }
      return packr.pack(body);
    },
    decode: (bytes) => packr.unpack(bytes) as Body,
  };
}

/** Loads the peer only when it is asked for, synchronously, from ESM and CJS alike. */
function load(): Msgpackr {
  try {
    return createRequire(import.meta.url)('msgpackr');
  } catch (cause) {
    throw new InvalidArgumentError('msgpack() needs the package msgpackr: npm install msgpackr', {
      cause,
    });
  }
}
