import { describe, expect, it } from 'vitest';
import { BodySyntaxError, parseBody, printBody } from './body-codec.js';

describe('a body that is read', () => {
  it('is kept to the letter', () => {
    expect(parseBody(' {"n": 1.50, "n": 12345678901234567890}\r', 'json')).toBe(
      '{"n": 1.50, "n": 12345678901234567890}',
    );
    expect(parseBody(' x \r', 'text')).toBe(' x \r');
    expect(parseBody('//4=', 'base64')).toEqual(Buffer.from([0xff, 0xfe]));
  });

  it.each([
    ['', 'json'],
    ['hello', 'json'],
    ['{"a":', 'json'],
    ['a', 'base64'],
    ['a_b=', 'base64'],
  ] as const)('is refused when it is %j for %s', (text, codec) => {
    expect(() => parseBody(text, codec)).toThrow(BodySyntaxError);
  });

  it('is said to want quotes only when that would help', () => {
    expect(() => parseBody('hello', 'json')).toThrow(`quote it ('"hello"') or use --codec text`);
    expect(() => parseBody('{"a":', 'json')).toThrow('is not JSON: use --codec text');
  });
});

describe('a body that is printed', () => {
  it.each([
    ['{"n": 12345678901234567890}', '{"n": 12345678901234567890}'],
    ['{\r\n  "a": "\\n"\n}\n', '{ "a": "\\n" }'],
    ['hello "you"\n', '"hello \\"you\\"\\n"'],
    ['', '""'],
  ])('is JSON on one line: %j', (text, json) => {
    expect(printBody(Buffer.from(text), 'json')).toEqual({ json, isBase64: false });
  });

  it('is base64 when it is not text', () => {
    for (const codec of ['json', 'text'] as const) {
      expect(printBody(Buffer.from([0xff]), codec)).toEqual({ json: '"/w=="', isBase64: true });
    }
  });
});
