import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  damaged,
  expectCleanPrototypes,
  hostileBytes,
  hostileJson,
  hostileText,
  hostileValue,
} from '../../../tooling/hostile.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import {
  bytes,
  type Codec,
  connect,
  DecodeError,
  decodeBody,
  EncodeError,
  encodeBody,
  InvalidArgumentError,
  json,
  msgpack,
  parseDuration,
  text,
  wholeNumber,
} from '../src/index.js';
import { parseTarget } from '../src/ioredis/parse-target.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

/** What `run` returns, or the typed error that it throws; anything else that it throws is a failure. */
function outcome<Value>(run: () => Value, type: new (...args: never[]) => Error): Value | Error {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(type);
    return error as Error;
  }
}

describe.each<[string, Codec<unknown>, fc.Arbitrary<unknown>, number]>([
  ['json', json(), hostileJson, 8000],
  ['text', text() as Codec<unknown>, fc.string({ unit: 'binary' }), 6000],
  ['bytes', bytes() as Codec<unknown>, hostileBytes, 4000],
  ['msgpack', msgpack(), hostileJson, 8000],
])('the codec %s', (_, codec, bodies, numRuns) => {
  const encoded = (body: unknown) => Buffer.from(encodeBody(codec, body));

  it('decodes any bytes or says that it cannot, and keeps them', () => {
    const some = fc.oneof(hostileBytes, damaged(bodies.map(encoded)));
    const property = fc.property(some, (given) => {
      const before = Buffer.from(given);
      const result = outcome(() => decodeBody(codec, given), DecodeError);
      if (result instanceof DecodeError) expect(result.bytes?.equals(before)).toBe(true);
      expect(given.equals(before)).toBe(true);
    });
    fc.assert(property, { numRuns });
  });

  it('still works after bytes that it could not decode', () => {
    const property = fc.property(hostileBytes, bodies, (bad, good) => {
      const before = decodeBody(codec, encoded(good));
      outcome(() => decodeBody(codec, bad), DecodeError);
      expect(decodeBody(codec, encoded(good))).toEqual(before);
    });
    fc.assert(property, { numRuns });
  });

  it('encodes any value or says that it cannot', () => {
    const property = fc.property(hostileValue, (value) => {
      outcome(() => encodeBody(codec, value), EncodeError);
    });
    fc.assert(property, { numRuns: numRuns / 2 });
  });
});

describe('deep or large bodies', () => {
  const deep = 200_000;

  it.each<[string, Codec, Buffer]>([
    ['json arrays', json(), Buffer.from('['.repeat(deep) + ']'.repeat(deep))],
    ['json objects', json(), Buffer.from('{"a":'.repeat(deep) + 1 + '}'.repeat(deep))],
    ['msgpack arrays', msgpack(), Buffer.concat([Buffer.alloc(deep, 0x91), Buffer.of(1)])],
    ['a msgpack array said to be enormous', msgpack(), Buffer.from('ddffffffff01', 'hex')],
    ['a msgpack map said to be enormous', msgpack(), Buffer.from('dfffffffff01', 'hex')],
    ['a msgpack text said to be enormous', msgpack(), Buffer.from('dbffffffff01', 'hex')],
    ['msgpack bytes said to be enormous', msgpack(), Buffer.from('c6ffffffff01', 'hex')],
  ])('%s do not take the process down', (_, codec, given) => {
    const start = performance.now();
    outcome(() => decodeBody(codec, given), DecodeError);
    expect(idleMsSince(start)).toBeLessThan(2000);
  });

  it.each<[string, Codec]>([
    ['json', json()],
    ['msgpack', msgpack()],
  ])('are refused by %s when they are sent', (_, codec) => {
    let body: unknown = 1;
    for (let depth = 0; depth < deep; depth += 1) body = [body];

    expect(() => encodeBody(codec, body)).toThrow(EncodeError);
    expect(decodeBody(codec, Buffer.from(encodeBody(codec, [1])))).toEqual([1]);
  });
});

describe('an argument of any kind', () => {
  it('is a duration, or refused', () => {
    const written = fc
      .tuple(fc.double({ min: 0, noNaN: true }), fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w', ''))
      .map(([amount, unit]) => `${amount}${unit}`);
    const property = fc.property(fc.oneof(hostileText, written, hostileValue), (given) => {
      const ms = outcome(() => parseDuration(given as string), InvalidArgumentError);
      if (!(ms instanceof Error)) expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
    });
    fc.assert(property, { numRuns: 10_000 });
  });

  it('is a whole number within its range, or refused', () => {
    const property = fc.property(hostileValue, (given) => {
      const number = outcome(
        () => wholeNumber('n', given, { min: 1, max: 9 }),
        InvalidArgumentError,
      );
      if (!(number instanceof Error)) expect([1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(number);
    });
    fc.assert(property, { numRuns: 5000 });
  });

  it.each(['callTimeoutMs', 'keepAliveMs', 'name'])('is refused as the option %s', (option) => {
    // What is right as an option would open a connection.
    const wrong = hostileValue.filter(
      (value) =>
        value !== undefined &&
        !Number.isSafeInteger(value) &&
        !(typeof value === 'string' && /^[!-~]+$/.test(value)),
    );
    const property = fc.property(wrong, (value) => {
      expect(() => connect('redis://127.0.0.1:1', { [option]: value })).toThrow(
        InvalidArgumentError,
      );
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('the place of Redis', () => {
  const password = 'c4n4ry-in-a-url';
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom('redis:', 'rediss:', 'unix:', 'http:', '//', '/', ':', '@', '?', '#', '%'),
      fc.constantFrom(
        'host',
        '6379',
        '99999',
        '[::1]',
        '0',
        '?db=1',
        '[',
        password,
        `:${password}@`,
      ),
      hostileText,
    ),
    { maxLength: 8 },
  );

  it('is understood or refused, without what may be a password', () => {
    const property = fc.property(parts, (some) => {
      const result = outcome(() => parseTarget(some.join('')), InvalidArgumentError);
      if (result instanceof Error) expect(inspect(result)).not.toContain(password);
    });
    fc.assert(property, { numRuns: 10_000 });
  });

  it('is understood or refused among the nodes of a Cluster', () => {
    const url = parts.map((some) => some.join(''));
    const property = fc.property(fc.array(fc.oneof(url, hostileValue)), (nodes) => {
      const result = outcome(() => parseTarget(nodes as string[]), InvalidArgumentError);
      if (result instanceof Error) expect(inspect(result)).not.toContain(password);
    });
    fc.assert(property, { numRuns: 5000 });
  });

  it('is understood or rejected, for any input', () => {
    const property = fc.property(hostileValue, (given) => {
      outcome(() => parseTarget(given as string), InvalidArgumentError);
    });
    fc.assert(property, { numRuns: 5000 });
  });
});
