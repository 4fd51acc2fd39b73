import { describe, expect, it } from 'vitest';
import { DecodeError, EncodeError } from '../errors.js';
import { bytes } from './bytes.js';
import { type Codec, decodeBody, encodeBody } from './codec.js';
import { decodeOnly } from './decode-only.js';
import { json } from './json.js';
import { msgpack } from './msgpack.js';
import { text } from './text.js';

const encoded = <Body>(codec: Codec<Body>, body: Body) => Buffer.from(encodeBody(codec, body));
const thereAndBack = <Body>(codec: Codec<Body>, body: Body) =>
  decodeBody(codec, encoded(codec, body));

const structures = [
  null,
  true,
  0,
  -1.5,
  '',
  'Grüße 🙂 \u0000',
  [],
  {},
  { a: [1, { b: 'c' }], ключ: null },
];

describe.each<[string, () => Codec]>([
  ['json', json],
  ['msgpack', msgpack],
])('%s', (name, codec) => {
  it.each(structures)('brings back %o', (body) => {
    expect(thereAndBack(codec(), body)).toEqual(body);
    expect(codec().name).toBe(name);
  });

  it.each([undefined, () => 1, Symbol('s')])('refuses to encode %o', (body) => {
    expect(() => encodeBody(codec(), body)).toThrow(EncodeError);
  });

  it('refuses to decode nothing, or half of something', () => {
    const half = encoded(codec(), ['a', 'b']).subarray(0, 4);

    expect(() => decodeBody(codec(), Buffer.alloc(0))).toThrow(DecodeError);
    expect(() => decodeBody(codec(), half)).toThrow(DecodeError);
  });
});

describe('json', () => {
  it('refuses to encode values that JSON cannot represent', () => {
    const circle: unknown[] = [];
    circle.push(circle);

    expect(() => encodeBody(json(), circle)).toThrow(EncodeError);
    expect(() => encodeBody(json(), { big: 1n })).toThrow(EncodeError);
  });

  it('refuses bytes that are not UTF-8, even inside of a string', () => {
    const latin1 = Buffer.from('"caf\xe9"', 'latin1');

    expect(() => decodeBody(json(), latin1)).toThrow(DecodeError);
    expect(thereAndBack(json(), 'a real \ufffd')).toBe('a real \ufffd');
  });

  it('keeps the bytes in the error', () => {
    const garbage = Buffer.from('not json');

    try {
      decodeBody(json(), garbage);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'DECODE', bytes: garbage });
    }
  });
});

describe('msgpack', () => {
  it('brings back dates, bytes and large integers', () => {
    const body = { at: new Date(5), raw: Buffer.from([0, 255]), big: 2n ** 60n };

    expect(thereAndBack(msgpack(), body)).toEqual(body);
  });

  it('brings back bytes that do not change with the buffer they came in', () => {
    const buffer = encoded(msgpack(), Buffer.from('abc'));
    const body = decodeBody(msgpack<Buffer>(), buffer);

    buffer.fill(0);

    expect(String(body)).toBe('abc');
  });

  it('can be read in other languages', () => {
    expect(encoded(msgpack(), [1, 'a'])).toEqual(Buffer.from([0x92, 1, 0xa1, 0x61]));
    expect(decodeBody(msgpack(), Buffer.from([0x81, 0xa1, 0x61, 0xc3]))).toEqual({ a: true });
  });

  it('writes numbers from 2^32 on as floats, and reads integers of other languages from there on as bigints', () => {
    const float = Buffer.from('cb4278bcfe56800000', 'hex');
    const integer = Buffer.from('cf0000018bcfe56800', 'hex');

    expect(encoded(msgpack(), 1_700_000_000_000)).toEqual(float);
    expect(decodeBody(msgpack(), integer)).toBe(1_700_000_000_000n);
    expect(thereAndBack(msgpack(), 1_700_000_000_000)).toBe(1_700_000_000_000);
  });

  it('uses the library that it is handed over, which a bundle has to contain', async () => {
    const library = await import('msgpackr');
    const unpack = () => 'unpacked by it';
    const other = {
      Packr: class {
        pack = Buffer.from;
        unpack = unpack;
      },
    };

    expect(thereAndBack(msgpack(library), { a: 1 })).toEqual({ a: 1 });
    expect(decodeBody(msgpack(other as never), Buffer.of(1))).toBe('unpacked by it');
  });

  it('says what it expects when it gets another value', () => {
    const wrong = (() => msgpack({ pack() {} } as never)) as () => unknown;

    expect(wrong).toThrow("msgpack(library) needs all of msgpackr: await import('msgpackr')");
  });
});

describe('text', () => {
  it.each(['', 'Grüße 🙂', '\ufeffwith a byte order mark'])('brings back %o', (body) => {
    expect(thereAndBack(text(), body)).toBe(body);
  });

  it('refuses values that are not strings, or cannot be encoded as UTF-8', () => {
    expect(() => encodeBody(text(), 5 as never)).toThrow(EncodeError);
    expect(() => encodeBody(text(), 'half a pair \ud83d')).toThrow(EncodeError);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => decodeBody(text(), Buffer.from([0xff]))).toThrow(DecodeError);
  });
});

describe('bytes', () => {
  it('brings back bytes that do not change with the buffer they came in', () => {
    const buffer = Buffer.from([0, 255]);
    const body = decodeBody(bytes(), buffer);

    buffer.fill(1);

    expect(body).toEqual(Buffer.from([0, 255]));
    expect(encodeBody(bytes(), new Uint8Array([7]))).toEqual(new Uint8Array([7]));
  });

  it('refuses values that are not bytes', () => {
    expect(() => encodeBody(bytes(), 'text' as never)).toThrow(EncodeError);
  });
});

it('a codec without a name is spoken of all the same', () => {
  const nameless = {
    encode: () => {
      throw new Error('no');
    },
    decode: () => {
      throw new Error('no');
    },
  } as unknown as Codec<string>;
  expect(() => decodeBody(nameless, Buffer.from('a'))).toThrow('is not what its codec expects: no');
  expect(() => encodeBody(nameless, 'a')).toThrow('encoded as what its codec expects: no');
});

it('a codec that only decodes has the name of the other one, and encodes nothing', () => {
  const codec = decodeOnly(json<number>());

  expect([codec.name, codec.isDecodeOnly]).toEqual(['json', true]);
  expect(decodeBody(codec, Buffer.from('7'))).toBe(7);
  expect(() => encodeBody(codec, 7)).toThrow(EncodeError);
});
