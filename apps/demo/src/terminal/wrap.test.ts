import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { cutTo, wrapped } from './wrap.js';

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;

it('leaves a text that fits as it is', () => {
  expect(wrapped(`   a  ${red('b')}`, 7)).toBe(`   a  ${red('b')}`);
});

it('breaks between words, further in, and does not count colours', () => {
  expect(wrapped(`   one ${red('two')}  three`, 11)).toBe(`   one ${red('two')}\n     three`);
});

it('breaks a text whose indent has a colour, too', () => {
  expect(wrapped(`${red('  1.0 s')}  got it`, 10)).toBe(`  ${red('1.0 s')}\n    got it`);
});

it('breaks the first and the last line, which have no indent, and each line of several', () => {
  expect(wrapped('redpost demo on Redis', 14)).toBe('redpost demo\n  on Redis');
  expect(wrapped(`${red('1 sent, 0 lost')}`, 10)).toBe('\x1b[31m1 sent, 0\n  lost\x1b[39m');
  expect(wrapped('Usage:\n\n  --a  one two', 10)).toBe('Usage:\n\n  --a one\n    two');
});

it('cuts, and ends the colours', () => {
  expect(cutTo(`ab${red('cdef')}gh`, 4)).toBe(`ab${red('cd')}`);
  expect(stripVTControlCharacters(cutTo(red('abc'), 10))).toBe('abc');
});
