import { createRequire } from 'node:module';
import { InvalidArgumentError } from '../errors.js';
import type { Codec } from './codec.js';

/** What {@link msgpack} needs of the package `msgpackr`. */
export interface Msgpackr {
  Packr: new (
    options: object,
  ) => {
    /** Turns a value into bytes. */
    pack(body: unknown): Buffer;
    /** Turns bytes back into a value. */
    unpack(bytes: Uint8Array): unknown;
  };
}

/**
 * MessagePack: smaller than JSON, and knows dates, bytes and 64-bit bigints. A map becomes an object and a
 * set an array, as other languages read them. Decoded values may be kept.
 *
 * Whole numbers from 2^32 on, such as times in ms, are written as floats, and integers of other languages from there on are
 * read as bigints, as msgpackr 2.1 has it.
 *
 * @param library the package `msgpackr`, for programs that are bundled: `msgpack(await import('msgpackr'))`.
 *   Default: the one that is installed beside this package.
 * @throws InvalidArgumentError when the optional peer dependency `msgpackr` cannot be loaded, or `library` is
 *   not it.
 */
export function msgpack<Body = unknown>(library: Msgpackr = load()): Codec<Body> {
  if (typeof library?.Packr !== 'function') {
    throw new InvalidArgumentError(
      "msgpack(library) needs all of msgpackr: await import('msgpackr')",
    );
  }
  const packr = new library.Packr({ useRecords: false, copyBuffers: true });
  return {
    name: 'msgpack',
    encode(body) {
      if (body === undefined || typeof body === 'function') {
        throw new TypeError(`MessagePack cannot represent ${typeof body}`);
      }
      return packr.pack(body);
    },
    decode: (bytes) => packr.unpack(bytes) as Body,
  };
}

/** Loads the peer dependency only when it is needed, synchronously, from ESM and CommonJS alike. */
function load(): Msgpackr {
  try {
    return createRequire(import.meta.url)('msgpackr');
  } catch (cause) {
    throw new InvalidArgumentError(
      'msgpack() cannot load the package msgpackr: npm install msgpackr, or in a bundle, which has to ' +
        "contain it, hand it over: msgpack(await import('msgpackr'))",
      { cause },
    );
  }
}
