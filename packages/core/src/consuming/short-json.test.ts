import { expect, it } from 'vitest';
import { bodyInJson, withShortJson } from './short-json.js';

it('bytes in a body are base64, at any depth and of either kind', () => {
  expect(bodyInJson(Buffer.from('hello'))).toBe('aGVsbG8=');
  expect(bodyInJson(new Uint8Array([104, 101, 108, 108, 111]).subarray(1, 3))).toBe('ZWw=');
  const nested = {
    files: [{ name: 'a', content: Buffer.from('hello') }],
    plain: new Uint8Array(1),
  };
  expect(bodyInJson(nested)).toEqual({
    files: [{ name: 'a', content: 'aGVsbG8=' }],
    plain: 'AA==',
  });
});

it('a bigint is text, and what else JSON has stays as it is', () => {
  expect(bodyInJson(10n)).toBe('10');
  expect(bodyInJson({ count: 10n, at: new Date(0), none: undefined })).toEqual({
    count: '10',
    at: '1970-01-01T00:00:00.000Z',
  });
  expect([null, 1, 'text', true].map(bodyInJson)).toEqual([null, 1, 'text', true]);
});

it('a message that could not be read shows its bytes', () => {
  const bytes = Buffer.from('hello');
  const message = (body: unknown) => JSON.stringify(withShortJson({ id: 'a', body, bytes }));
  expect(JSON.parse(message(undefined))).toEqual({ id: 'a', bytes: 'aGVsbG8=' });
  expect(JSON.parse(message(bytes))).toEqual({ id: 'a', body: 'aGVsbG8=' });
});
