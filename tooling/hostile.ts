import fc from 'fast-check';

/** Names that mean something to JavaScript, to Redis, to a terminal, or to this code. */
const tricky = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length'],
  ...['', ' ', '\0', '\n', '\r\n', '\u001b[2J', '\ufeff', '\ufffd', '{}', '{a}:dead', 'a:{b}', '*'],
  ...['NaN', 'Infinity', '-0', '1e999', '9007199254740993', 'null', 'undefined', '\ud83d\ude42'],
];

/** Texts of all kinds, with what is known to make trouble more often than by chance. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...tricky),
  fc.string({ unit: 'binary', maxLength: 20 }),
  // Half of a surrogate pair among it: no well-formed text.
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
);

const leaf = fc.oneof(
  hostileText,
  fc.double(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);

/** What JSON can hold, keys that look like members of an object's prototype included. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec((self) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(self('value'), { maxLength: 4 }),
    fc.array(fc.tuple(hostileText, self('value')), { maxLength: 4 }).map(ownProperties),
  ),
})).value;

/** Bytes: any, text, JSON, and JSON that was cut off or has a byte changed. */
export const hostileBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  hostileText.map((text) => Buffer.from(text)),
  hostileJson.map((value) => Buffer.from(JSON.stringify(value))),
  damaged(hostileJson.map((value) => Buffer.from(JSON.stringify(value)))),
);

/** Bytes that were right once: cut off, with a byte changed, or with more behind them. */
export function damaged(whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(whole, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('cut', 'change', 'add'))
    .map(([bytes, place, byte, how]) => {
      const at = bytes.length === 0 ? 0 : place % bytes.length;
      if (how === 'cut') return bytes.subarray(0, at);
      if (how === 'add') return Buffer.concat([bytes, Buffer.of(byte)]);
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[at] = byte;
      return changed;
    });
}

/** Values of every kind that JavaScript has, where an option or an argument is expected. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  leaf,
  hostileJson,
  fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 2 ** 53),
  fc.bigInt(),
  fc.constantFrom(Symbol('s'), () => 1, new Map([['a', 'b']]), new Date(Number.NaN), /x/, class {}),
  fc.constant(Object.create(null)),
);

/** Fails when a prototype has got something that it did not have when this file was read. */
export function expectCleanPrototypes(): void {
  for (const [at, prototype] of prototypes.entries()) {
    const added = Reflect.ownKeys(prototype).filter((key) => !known[at]?.includes(key));
    if (added.length > 0) throw new Error(`A prototype was polluted: ${added.map(String)}`);
  }
}

const prototypes = [Object, Array, String, Number, Boolean, Function, Error, Buffer].map(
  ({ prototype }) => prototype as object,
);
const known = prototypes.map((prototype) => Reflect.ownKeys(prototype));

function ownProperties(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
  }
  return object;
}

/** What `run` returns; undefined when it throws an error of this type. Any other one fails the test. */
export function outcome<Value>(
  run: () => Value,
  type: new (...args: never[]) => Error,
): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof type) return undefined;
    throw error;
  }
}
