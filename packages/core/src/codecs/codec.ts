import { messageOf } from '../error-text.js';
import { DecodeError, EncodeError } from '../errors.js';

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

/** In JavaScript, a codec may come without a name. */
function nameOf({ name }: { name?: unknown }): string {
  return typeof name === 'string' && name !== '' ? name : 'what its codec expects';
}
