import { connect, DecodeError, InvalidArgumentError } from '@redpost/core';
import { Slice } from '@redpost/core/consuming';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { expectCleanPrototypes, hostileText, hostileValue } from '../../../tooling/hostile.js';
import { List, Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import {
  asBare,
  bodyOf,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
} from '../src/message/envelope.js';
import { unpackElements } from '../src/message/packed-elements.js';
import { checkSendOptions } from '../src/sending/send-options.js';
import { hostileElement } from './support/hostile-elements.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

function read(element: Buffer): Envelope | undefined {
  try {
    return decodeEnvelope(element, 'bare');
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).bytes?.equals(element)).toBe(true);
    return undefined;
  }
}

it('an element is read, or refused with its bytes, and never changed', () => {
  const property = fc.property(hostileElement, (element) => {
    const before = Buffer.from(element);
    const envelope = read(element);
    expect(element.equals(before)).toBe(true);
    if (!envelope) return;
    expect(envelope.id).not.toBe('');
    expect(Number.isSafeInteger(envelope.deliveries)).toBe(true);
    for (const text of Object.values(envelope.headers)) expect(typeof text).toBe('string');
    expect(bodyOf(Slice.of(element)).bytes.equals(envelope.body)).toBe(true);
  });
  fc.assert(property, { numRuns: 8000 });
});

it('an element that cannot be read is shown with all its bytes, except those that scripts wrote', () => {
  const property = fc.property(hostileElement, (element) => {
    if (read(element)) return;
    const { body } = asBare(element, 'i');
    const bytes = (latin1: Buffer) => latin1.toString('latin1');
    const [opening, rest] = [bytes(body.subarray(0, 3)), bytes(body.subarray(3))];
    const written = bytes(element).slice(opening.length, element.length - rest.length);
    expect(written).toMatch(/^("attempt":\d{1,9},)?("suspect":1,)?$/);
    expect(opening + written + rest).toBe(bytes(element));
  });
  fc.assert(property, { numRuns: 4000 });
});

it('a message is read as it was sent', () => {
  const headers = fc.dictionary(hostileText, hostileText, { noNullPrototype: true });
  const message = fc.record({ id: hostileText, sentAt: fc.nat(), headers, body: fc.uint8Array() });
  const property = fc.property(message, ({ id, sentAt, headers, body }) => {
    fc.pre(id !== '');
    const element = encodeEnvelope({ idJson: JSON.stringify(id), sentAt, headers }, body);
    const envelope = decodeEnvelope(Buffer.from(element), '');
    expect(envelope).toMatchObject({ id, sentAt, deliveries: 0, isSuspect: false });
    expect(envelope.body.equals(body)).toBe(true);
    expect(Object.entries(envelope.headers)).toEqual(Object.entries(headers));
  });
  fc.assert(property, { numRuns: 8000 });
});

it('a block of elements comes apart as it was put together', () => {
  const property = fc.property(fc.array(hostileElement, { maxLength: 20 }), (elements) => {
    const slices = unpackElements(packed(elements));
    expect(slices.map(({ bytes }) => String(bytes))).toEqual(elements.map(String));
    for (const [at, slice] of slices.entries()) {
      if (slice.text !== undefined) expect(slice.text).toBe(elements[at]?.toString('latin1'));
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

it('options of any kind are possible, or refused', () => {
  const property = fc.property(
    fc.constantFrom('id', 'headers', 'delayMs', 'ttlMs', 'bare'),
    hostileValue,
    (option, value) => {
      try {
        checkSendOptions({ [option]: value });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidArgumentError);
      }
    },
  );
  fc.assert(property, { numRuns: 8000 });
});

it('a name of any kind is possible, or refused', () => {
  const connection = connect('redis://127.0.0.1:1');
  connection.on('error', () => {});
  const property = fc.property(hostileValue, (name) => {
    const made = [
      () => new Queue(name as string, { connection }),
      () => new List(name as string, { connection }),
    ];
    for (const make of made) {
      try {
        expect(make().name).toBe(name);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidArgumentError);
      }
    }
  });
  try {
    fc.assert(property, { numRuns: 5000 });
  } finally {
    void connection.close();
  }
});

it('no two queues share a key', () => {
  const part = fc.constantFrom(
    ...[
      'a',
      'b',
      ':',
      '::',
      '{',
      '}',
      '{a}',
      ':dead',
      ':active:x',
      ':batches:x',
      ':stats',
      ':signal',
      ':handoff:',
    ],
    ...['\ud800', '\udc00', '\ufffd', 'ä', 'a\u0308', '\0', ' ', '*', '?', '[a]', '\\'],
  );
  const name = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
    hostileText,
  );
  let compared = 0;
  const property = fc.property(name, name, hostileText, hostileText, (one, other, c, d) => {
    fc.pre(one !== other);
    const [keys, others] = [keysOf(one, c), keysOf(other, d)];
    if (!keys || !others) return;
    compared += 1;
    // One expectation for all: there are half a million keys.
    expect(keys.filter((key) => others.includes(key))).toEqual([]);
  });
  fc.assert(property, { numRuns: 20_000 });
  expect(compared).toBeGreaterThan(2000);
});

/** The keys of a queue as Redis sees them: bytes. Undefined for a name that is refused. */
function keysOf(name: string, consumer: string): string[] | undefined {
  try {
    const { active, batches, handoff, labels, onces, cancelled, registration, ...keys } =
      queueKeys(name);
    const each = [active, batches, handoff, labels, onces, cancelled, registration];
    const ofConsumer = each.map((keyOf) => keyOf(consumer));
    const all = [...Object.values(keys), ...ofConsumer];
    return all.map((key) => Buffer.from(key).toString('latin1'));
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArgumentError);
    return undefined;
  }
}

/** As Redis' cmsgpack packs an array of strings. */
function packed(elements: readonly Buffer[]): Buffer {
  const head = (small: number, size: number, limit: number, ...larger: number[]) => {
    if (size < limit) return Buffer.of(small + size);
    const [type8, type16 = 0, type32 = 0] = larger;
    if (type8 !== undefined && type8 > 0 && size < 0x100) return Buffer.of(type8, size);
    const wide = size < 0x10000;
    const bytes = Buffer.alloc(wide ? 3 : 5);
    bytes[0] = wide ? type16 : type32;
    if (wide) bytes.writeUInt16BE(size, 1);
    else bytes.writeUInt32BE(size, 1);
    return bytes;
  };
  const strings = elements.flatMap((bytes) => [
    head(0xa0, bytes.length, 32, 0xd9, 0xda, 0xdb),
    bytes,
  ]);
  return Buffer.concat([head(0x90, elements.length, 16, 0, 0xdc, 0xdd), ...strings]);
}
