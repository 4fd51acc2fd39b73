import { describe, expect, it } from 'vitest';
import { Slice } from './slice.js';

const bytes = Buffer.from('before[\x011{"id":1}\nbody]after\n');
const start = bytes.indexOf('[') + 1;
const end = bytes.indexOf(']');

describe.each([
  ['known to be ASCII', bytes.toString('latin1')],
  ['of bytes only', undefined],
])('a part of a block %s', (_kind, text) => {
  const slice = new Slice({ bytes, text }, start, end);

  it('knows how it begins, and nothing of the surrounding bytes', () => {
    expect(slice.startsWith('\x011{')).toBe(true);
    expect(slice.startsWith('[')).toBe(false);
    expect(new Slice({ bytes, text }, start, start + 2).startsWith('\x011{')).toBe(false);
  });

  it('is cut behind a character of its own', () => {
    expect(String(slice.after('\n')?.bytes)).toBe('body');
    expect(slice.after('\n')?.after('\n')).toBeUndefined();
    expect(slice.after('[')).toBeUndefined();
  });

  it('tells the text behind a character as a slice of it does', () => {
    expect(slice.textAfter('\n')).toBe(slice.after('\n')?.text);
    expect(slice.textAfter('[')).toBeUndefined();
    expect(slice.textAfter(']')).toBeUndefined();
  });
});

it('has text only of a block that has, and large bytes have it when they are ASCII', () => {
  const ascii = Buffer.alloc(600, 'a');
  const other = Buffer.concat([ascii, Buffer.from('ä')]);

  expect(Slice.of(ascii).text).toBe('a'.repeat(600));
  expect(Slice.of(other).text).toBeUndefined();
  expect(Slice.of(other).bytes.equals(other)).toBe(true);
});
