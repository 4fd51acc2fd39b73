import type { Codec } from './codec.js';

/**
 * `codec` without its `encode`: nothing can be sent with it. With such a codec, a queue may have the name of a list that another system
 * reads, to show what is there, or to handle its messages.
 */
export function decodeOnly<Body>(codec: Pick<Codec<Body>, 'name' | 'decode'>): Codec<Body> {
  const { name } = codec;
  return {
    name,
    encode() {
      throw new TypeError('this codec only decodes: another system reads what would be sent');
    },
    decode: (bytes) => codec.decode(bytes),
    isDecodeOnly: true,
  };
}
