import { expect, it } from 'vitest';
import { soleBulk } from './sole-bulk.js';

it.each(['', 'a', 'two\r\nlines', 'x'.repeat(12_345), 'ü'])('is the string: %j', (text) => {
  const bytes = Buffer.from(text);
  const chunk = Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  expect(soleBulk(chunk)).toEqual(bytes);
});

it.each([
  '',
  '$',
  '$3',
  '$3\r',
  '$3\r\nab',
  '$3\r\nabc\r',
  '$3\r\nabc\r\n+OK\r\n',
  '$\r\n\r\n',
  '$-1\r\n',
  '$?\r\n;0\r\n',
  '_\r\n',
  ':3\r\n',
  '-ERR no\r\n',
  '*1\r\n$3\r\nabc\r\n',
])('is nothing else: %j', (text) => {
  expect(soleBulk(Buffer.from(text))).toBeUndefined();
});
