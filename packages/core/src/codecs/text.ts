import { isWellFormed } from '../options/names.js';
import type { Codec } from './codec.js';

/**
 * Strings, as UTF-8. One that UTF-8 cannot hold (half of a surrogate pair) is refused when it is
 * sent, and bytes that are not UTF-8 when they are read.
 */
export function text(): Codec<string> {
  return codec;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const codec: Codec<string> = {
  name: 'text',
  encode(body) {
    if (typeof body !== 'string') throw new TypeError(`expected a string, got ${typeof body}`);
    if (!isWellFormed(body))
      throw new TypeError('an unpaired surrogate cannot be encoded as UTF-8');
    return body;
  },
  decode: (bytes) => strict.decode(bytes),
};
