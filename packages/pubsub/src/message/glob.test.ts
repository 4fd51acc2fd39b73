import { expect, it } from 'vitest';
import { globMatcher, isGlob } from './glob.js';

it.each([
  ['chat.*', ['chat.', 'chat.room', 'chat.a.b\n'], ['chat', 'achat.']],
  ['a?c', ['abc', 'a.c'], ['ac', 'abbc']],
  ['a[bc]d', ['abd', 'acd'], ['aad', 'a[bc]d']],
  ['a[^b]d', ['acd', 'a^d'], ['abd']],
  ['a[0-9]', ['a7'], ['ax', 'a-']],
  ['a\\*', ['a*'], ['ab', 'a\\*']],
  ['(a|b)+$', ['(a|b)+$'], ['a']],
  ['[\\]]x', [']x'], ['\\x']],
  ['[z-x]', ['y'], ['a', '-']],
  ['[a\\-z]', ['a', '-', 'z'], ['b']],
  ['a??c', ['aéc'], ['ac']],
])('%s matches what it matches in Redis', (pattern, matching, others) => {
  const matches = globMatcher(pattern);

  for (const name of matching) expect(`${name}: ${matches(name)}`).toBe(`${name}: true`);
  for (const name of others) expect(`${name}: ${matches(name)}`).toBe(`${name}: false`);
  expect(isGlob(pattern)).toBe(pattern !== '(a|b)+$');
});
