import { messageOf } from '../error-text.js';
import { DecodeError, EncodeError } from '../errors.js';
import type { Slice } from './slice.js';

/** Encodes a body to bytes and decodes it again. Both functions are pure and synchronous, and may throw. */
export interface Codec<Body = unknown> {
  /** For messages and logs, e.g. `'json'`. */
  readonly name: string;
  /** A string is sent as its UTF-8 bytes. */
  encode(body: Body): string | Uint8Array;
  /** `bytes` may be a view into a larger buffer: copy the bytes that must outlive the call. */
  decode(bytes: Buffer): Body;
  /**
   * The same for bytes that are known to be ASCII, given as text: faster for codecs that make a string of
   * them anyway. When it throws, the error is ignored and `decode` is called.
   */
  decodeAscii?(text: string): Body;
  /**
   * True for a codec whose `encode` always throws, see `decodeOnly`. A queue whose name is a key of another system, such as
   * `rq:queue:default`, needs one: the programs of that system cannot read what a queue would send. Default false.
   */
  readonly isDecodeOnly?: boolean;
}

/** The body type a codec is for. */
export type CodecBody<C> = C extends Codec<infer Body> ? Body : never;

/**
 * Calls `codec.encode`.
 *
 * @throws EncodeError for any error of the codec.
 */
export function encodeBody<Body>(codec: Codec<Body>, body: Body): string | Uint8Array {
  try {
    return codec.encode(body);
  } catch (cause) {
    const why = messageOf(cause);
    throw new EncodeError(`The body cannot be encoded as ${nameOf(codec)}: ${why}`, { cause });
  }
}

/**
 * Calls `codec.decode`.
 *
 * @throws DecodeError, with the bytes, for any error of the codec.
 */
export function decodeBody<Body>(codec: Codec<Body>, bytes: Buffer): Body {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    const why = messageOf(cause);
    throw new DecodeError(`The body is not ${nameOf(codec)}: ${why}`, { bytes, cause });
  }
}

/**
 * Decodes a body that has arrived: from its text, if that is known and the codec can.
 *
 * @throws DecodeError, with the bytes, for any error of the codec.
 */
export function decodeSlice<Body>(codec: Codec<Body>, slice: Slice): Body {
  const text = codec.decodeAscii && slice.text;
  if (text === undefined) return decodeBody(codec, slice.bytes);
  try {
    return codec.decodeAscii?.(text) as Body;
  } catch {
    // Decoding the bytes throws again, and this error has the bytes.
    return decodeBody(codec, slice.bytes);
  }
}

/** In JavaScript, a codec may come without a name. */
function nameOf({ name }: { name?: unknown }): string {
  return typeof name === 'string' && name !== '' ? name : 'what its codec expects';
}
