import { randomBytes, randomInt } from 'node:crypto';
import { DecodeError } from '@redpost/core';
import { Slice } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import {
  asBare,
  beginningOf,
  bodyOf,
  checkHeaders,
  decodeEnvelope,
  encodeEnvelope,
  encodePlainEnvelope,
  isEnvelope,
  isSuspect,
  leadingFlow,
} from './envelope.js';

const element = (header: string, body = 'hello') => Buffer.from(`\x011${header}\n${body}`);

describe('an envelope', () => {
  it('is the prefix, one line of JSON and the body', () => {
    const encoded = encodeEnvelope({ idJson: '"a"', sentAt: 7, headers: { k: 'v' } }, '{"x":1}');

    expect(encoded).toBe('\x011{"id":"a","ts":7,"headers":{"k":"v"}}\n{"x":1}');
  });

  it('tells the flow that it begins with, if nothing else is to be known before a handler is called', () => {
    const long = 'x'.repeat(600);
    const flowOf = (header: string, body = long) => leadingFlow(Slice.of(element(header, body)));

    expect(flowOf('{"flow":"+a:tasks","id":"1"}')).toBe('+a:tasks');
    expect(flowOf('{"flow":"a:\\"tasks\\"","id":"1"}')).toBeUndefined();
    expect(flowOf('{"timeout":9,"flow":"a:tasks","id":"1"}')).toBeUndefined();
    expect(flowOf(`{"flow":"a:tasks${long}`)).toBeUndefined();
    // Of few bytes, and where something is not ASCII, the whole header is read.
    expect(flowOf('{"flow":"a:tasks","id":"1"}', 'short')).toBeUndefined();
    expect(flowOf('{"flow":"a:tasks","id":"1"}', `naïve${long}`)).toBeUndefined();
  });

  it('has the same bytes where it is written in the short way, for a message without options', () => {
    const [text, bytes] = ['{"x":1}', Buffer.from([0, 255])];

    expect(encodePlainEnvelope('a', 7, text)).toBe(
      encodeEnvelope({ idJson: '"a"', sentAt: 7 }, text),
    );
    expect(encodePlainEnvelope('a', 7, bytes)).toEqual(
      encodeEnvelope({ idJson: '"a"', sentAt: 7 }, bytes),
    );
  });

  it('decodes to the values that were encoded', () => {
    for (let round = 0; round < 500; round += 1) {
      const text = () => randomBytes(randomInt(1, 12)).toString(round % 2 ? 'latin1' : 'base64');
      const message = { sentAt: randomInt(2 ** 40), headers: { [text()]: text() } };
      const id = text();
      const body = randomBytes(randomInt(40));

      const encoded = Buffer.from(encodeEnvelope({ idJson: JSON.stringify(id), ...message }, body));
      const decoded = decodeEnvelope(encoded, 'none');

      expect(decoded).toMatchObject({ id, ...message, deliveries: 0, isSuspect: false });
      expect(decoded.body.equals(body)).toBe(true);
      expect(bodyOf(Slice.of(encoded)).bytes.equals(body)).toBe(true);
      expect(beginningOf(Slice.of(encoded))).toBe('untouched');
    }
  });

  it('has a body that may contain newlines and the prefix itself', () => {
    const body = 'one\n\x011{"id":"b"}\ntwo';
    const encoded = Buffer.from(encodeEnvelope({ idJson: '"a"', sentAt: 1 }, body));

    expect(String(decodeEnvelope(encoded, '').body)).toBe(body);
  });

  it('says how often it was delivered, only where scripts write it', () => {
    expect(decodeEnvelope(element('{"attempt":3,"suspect":1,"id":"a"}'), '')).toMatchObject({
      id: 'a',
      deliveries: 3,
      isSuspect: true,
    });
    expect(decodeEnvelope(element('{"id":"a","attempt":3,"suspect":1}'), '')).toMatchObject({
      deliveries: 0,
      isSuspect: false,
    });
  });

  it('is known as a suspect without being read', () => {
    expect(isSuspect(element('{"attempt":12,"suspect":1,"id":"a"}'))).toBe(true);
    expect(isSuspect(element('{"attempt":12,"id":"a"}'))).toBe(false);
    expect(isSuspect(Buffer.from('"suspect":1,'))).toBe(false);
  });

  it.each([
    ['an unfinished header', Buffer.from('\x011{"id":"a"}')],
    ['a header that is not JSON', element('{"id":}')],
    ['a header that is not UTF-8', Buffer.from([0x01, 0x31, 0x7b, 0xff, 0xfe, 0x0a])],
    ['no id', element('{"ts":1}')],
    ['an empty id', element('{"id":""}')],
    ['an id that is no text', element('{"id":1}')],
    ['a time that is no number', element('{"id":"a","ts":"now"}')],
    ['a negative time', element('{"id":"a","ts":-1}')],
    ['an expiry that is no number', element('{"expires":null,"id":"a"}')],
    ['headers that are no texts', element('{"id":"a","headers":{"k":1}}')],
    ['headers that are a list', element('{"id":"a","headers":["k"]}')],
  ])('is refused with %s, and the bytes are kept', (_what, bytes) => {
    const decode = () => decodeEnvelope(bytes, 'bare');

    expect(decode).toThrow(DecodeError);
    expect(asBare(bytes, 'bare')).toMatchObject({ id: 'bare', body: bytes, deliveries: 0 });
  });

  it('that is malformed is shown without the fields that scripts wrote into it', () => {
    const bare = asBare(element('{"attempt":2,"suspect":1,oops'), 'x');

    expect(String(bare.body)).toBe('\x011{oops\nhello');
    expect(bare.deliveries).toBe(2);
  });

  it('of random bytes is read or refused with a DecodeError, and nothing else', () => {
    for (let round = 0; round < 2000; round += 1) {
      const bytes = Buffer.concat([Buffer.from('\x011{'), randomBytes(randomInt(30))]);
      try {
        decodeEnvelope(bytes, '');
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});

describe('a bare payload', () => {
  it.each([
    ['text', 'hello'],
    ['nothing', ''],
    ['JSON', '{"a":1}'],
    ['the start of a prefix', '\x011'],
    ['another version', '\x012{"id":"a"}\n'],
  ])('may be %s, and gets the id of its delivery', (_what, text) => {
    const bytes = Buffer.from(text);

    expect(isEnvelope(bytes)).toBe(false);
    expect(isEnvelope(text)).toBe(false);
    expect(beginningOf(Slice.of(bytes))).toBe('bare');
    expect(decodeEnvelope(bytes, 'c-1')).toMatchObject({ id: 'c-1', body: bytes, sentAt: 0 });
  });
});

describe('headers', () => {
  it.each([
    ['a list', ['a']],
    ['null', null],
    ['numbers', { a: 1 }],
    ['a Map, whose entries would vanish', new Map([['a', 'b']])],
    ['Headers, whose entries would vanish', new Headers({ a: 'b' })],
  ])('cannot be %s', (_what, headers) => {
    expect(() => checkHeaders(headers)).toThrow(/headers must be an object/);
  });

  it('can be any object of texts', () => {
    checkHeaders({});
    checkHeaders({ trace: 'x', leer: '' });
    checkHeaders(Object.assign(Object.create(null), { a: 'b' }));
  });
});
