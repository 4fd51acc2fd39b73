import type { Codec } from './codec.js';

/**
 * JSON in UTF-8, the default. A body that JSON cannot hold (`undefined`, a function, a cycle, a
 * bigint) is refused when it is sent, and bytes that are not UTF-8 when they are read.
 */
export function json<Body = unknown>(): Codec<Body> {
  return codec as Codec<Body>;
}

const strict = new TextDecoder('utf-8', { fatal: true });

const codec: Codec = {
  name: 'json',
  encode(body) {
    const text = JSON.stringify(body);
    if (text === undefined) throw new TypeError(`JSON cannot represent ${typeof body}`);
    return text;
  },
  decode(bytes) {
    const text = bytes.toString();
    // The replacement character stands in place of broken bytes; it may also have been sent itself.
    if (text.includes('\ufffd')) strict.decode(bytes);
    return JSON.parse(text);
  },
  decodeAscii: (text) => JSON.parse(text),
};
